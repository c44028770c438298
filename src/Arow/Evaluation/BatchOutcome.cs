namespace Arow.Evaluation;

/// <summary>What a batch of an evaluation came to.</summary>
/// <param name="Rows">The rows of its images after it, in their order.</param>
internal sealed record BatchOutcome(IReadOnlyList<SampleResult> Rows)
{
    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }

    /// <summary>Whether it was done before a resumption.</summary>
    public bool IsResumed { get; init; }

    /// <summary>What the attack asked of the classifier.</summary>
    public QueryCounts QueryCounts { get; init; }

    /// <summary>
    /// Places in the whole set of images whose gradient was zero at the attack's beginning; null for none.
    /// </summary>
    public IReadOnlyList<long>? ZeroGradients { get; init; }

    /// <summary>
    /// Places in the whole set of adversarial images that are classified correctly once rounded to 8 bits; null if that
    /// was not looked at.
    /// </summary>
    public IReadOnlyList<long>? Rounded { get; init; }
}
