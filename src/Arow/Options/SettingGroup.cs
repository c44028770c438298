namespace Arow.Options;

/// <summary>What an option is about.</summary>
internal enum SettingGroup
{
    /// <summary>The images.</summary>
    Data,

    /// <summary>The network.</summary>
    Model,

    /// <summary>What is minimised.</summary>
    Method,

    /// <summary>The threat model and the attack.</summary>
    Attack,

    /// <summary>How the weights move, and their averages.</summary>
    Optimizer,

    /// <summary>Which weights are selected, and what is measured.</summary>
    Selection,

    /// <summary>Where and how the work is done.</summary>
    Runtime,
}
