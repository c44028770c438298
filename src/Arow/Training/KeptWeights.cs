namespace Arow.Training;

/// <summary>Weights that a training keeps besides the selected ones, each in a separate file.</summary>
public enum KeptWeights
{
    /// <summary>The weights of the last step.</summary>
    Last,

    /// <summary>The best weights on the selecting images, without averaging.</summary>
    Best,

    /// <summary>The averaged weights at the end of training.</summary>
    Average,
}
