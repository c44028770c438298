namespace Arow.Training;

/// <summary>Which weights of a training are kept beside those that are selected, each in a file of its own.</summary>
public enum KeptWeights
{
    /// <summary>Those of the last step.</summary>
    Last,

    /// <summary>Those that were best on the selecting images, averages aside.</summary>
    Best,

    /// <summary>The average of the weights at the end of the training.</summary>
    Average,
}
