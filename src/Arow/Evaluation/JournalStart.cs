namespace Arow.Evaluation;

/// <summary>How work starts that several processes may share.</summary>
/// <param name="Resume">Whether to resume or join what is there.</param>
internal sealed record JournalStart(bool Resume)
{
    /// <summary>Whether another process has started the work: it must be there.</summary>
    public bool Joins { get; init; }

    /// <summary>Whether work that cannot be resumed, such as that of another version of Arow, is restarted.</summary>
    public bool RestartIfUnusable { get; init; }

    /// <summary>Returns why new work cannot start; null if it can.</summary>
    public Func<string?> Validate { get; init; } = () => null;

    /// <summary>Called when a new journal was started: deletes the results of earlier work.</summary>
    public Action Started { get; init; } = () => { };
}
