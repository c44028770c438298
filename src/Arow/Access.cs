namespace Arow;

/// <summary>
/// How much of a classifier can be seen: what a model gives and what an attack needs. Each includes those before it.
/// </summary>
public enum Access
{
    /// <summary>Which class it chooses: its output is 1 for that class and 0 for all others.</summary>
    Labels,

    /// <summary>A number for each class.</summary>
    Scores,

    /// <summary>Scores that can be differentiated with respect to the images.</summary>
    Gradients,
}
