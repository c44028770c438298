namespace Arow.Training;

/// <summary>What chooses the checkpoint of a run.</summary>
public enum SelectOn
{
    /// <summary>Training images that are set aside, or those that the data set brings for it.</summary>
    Validation,

    /// <summary>The test images, as published code does; stamped on every report.</summary>
    Test,

    /// <summary>Nothing: the last one is taken.</summary>
    Last,
}
