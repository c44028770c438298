namespace Arow.Options;

/// <summary>Effects of an option beyond the run itself. Every row of the table states them.</summary>
[Flags]
internal enum SettingUses
{
    /// <summary>No other effect.</summary>
    None = 0,

    /// <summary>A component of the method: studies report the effect of changing it alone.</summary>
    Component = 1,

    /// <summary>Tuned: studies compare methods at their own best values.</summary>
    Tuned = 2,

    /// <summary>Changes the cost of a training step.</summary>
    Cost = 4,

    /// <summary>A helper network is trained with the same value; otherwise with the default.</summary>
    Helper = 8,

    /// <summary>Depends on the machine, not the experiment: <c>arow compare</c> may override a study file.</summary>
    Machine = 16,

    /// <summary>The run can be resumed with another value.</summary>
    Resumable = 32,

    /// <summary>Changes the rows of an evaluation, so it is part of its identity.</summary>
    Rows = 64,

    /// <summary>Has a separate field in the summaries of evaluations.</summary>
    Summarized = 128,

    /// <summary>Decides which images, models and files are read, or whether they fit; what runs share is validated and counted once.</summary>
    Inputs = 256,

    /// <summary>Decides which images the data set has; runs that agree on it read and inspect them once.</summary>
    Images = 1024,

    /// <summary>Has a meaning for photographs in a folder alone, not for other data sets.</summary>
    FolderOnly = 2048,

    /// <summary>Its default is the run's where the model of a run is measured.</summary>
    OfRun = 512,
}
