namespace Arow.Options;

/// <summary>Groups of options in the help.</summary>
internal enum SettingGroup
{
    /// <summary>The images.</summary>
    Data,

    /// <summary>The network.</summary>
    Model,

    /// <summary>The objective.</summary>
    Method,

    /// <summary>The threat model and the attack.</summary>
    Attack,

    /// <summary>Optimization, and averages of the weights.</summary>
    Optimizer,

    /// <summary>Selection of weights, and evaluation.</summary>
    Selection,

    /// <summary>Device, threads and checkpoints.</summary>
    Runtime,
}
