namespace Arow.Training;

/// <summary>The images that select the weights of a run.</summary>
public enum SelectOn
{
    /// <summary>The validation split of the training images, or the data set's own validation images.</summary>
    Validation,

    /// <summary>The test images, as in published code; stamped on every report.</summary>
    Test,

    /// <summary>None: the last weights are selected.</summary>
    Last,
}
