namespace Arow.Objectives;

/// <summary>
/// An objective with a regularizer, which names its parts beside writing its equation. The contract tests hold the two
/// against each other.
/// </summary>
public interface IRegularized : IObjective
{
    /// <summary>The parts of the equation.</summary>
    Parts Parts { get; }
}
