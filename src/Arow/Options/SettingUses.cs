namespace Arow.Options;

/// <summary>What an option decides beyond the run itself. Every row of the table has to say it.</summary>
[Flags]
internal enum SettingUses
{
    /// <summary>Nothing else.</summary>
    None = 0,

    /// <summary>It is a component of the method: studies report what changing it alone brings.</summary>
    Component = 1,

    /// <summary>It is tuned: studies compare methods each in its own best value.</summary>
    Tuned = 2,

    /// <summary>It changes what a training step costs.</summary>
    Cost = 4,

    /// <summary>A helper network is trained with the same value; with the default where this is not said.</summary>
    Helper = 8,

    /// <summary>The machine decides it and not the experiment: <c>arow compare</c> may override a study file.</summary>
    Machine = 16,

    /// <summary>Another value resumes the same run.</summary>
    Resumable = 32,

    /// <summary>It decides the rows of an evaluation, and so is part of its identity.</summary>
    Rows = 64,

    /// <summary>Summaries of evaluations have a place of its own for it.</summary>
    Summarized = 128,
}
