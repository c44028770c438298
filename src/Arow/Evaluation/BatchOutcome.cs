namespace Arow.Evaluation;

/// <summary>The result of a batch of an evaluation.</summary>
/// <param name="Rows">The rows of its images after it, in their order.</param>
internal sealed record BatchOutcome(IReadOnlyList<SampleResult> Rows)
{
    /// <summary>The time it took.</summary>
    public double Seconds { get; init; }

    /// <summary>Whether it was computed before a resumption, or by another process.</summary>
    public bool IsResumed { get; init; }

    /// <summary>The attack's query counts.</summary>
    public QueryCounts QueryCounts { get; init; }

    /// <summary>
    /// Indices in the whole set of images whose gradient was zero at the start of the attack; null for none.
    /// </summary>
    public IReadOnlyList<long>? ZeroGradients { get; init; }

    /// <summary>The probability of each image's predicted class without an attack; null for an attack's batch.</summary>
    public IReadOnlyList<double>? Confidence { get; init; }

    /// <summary>
    /// Indices in the whole set of adversarial images that are classified correctly after rounding to 8 bits; null if that
    /// was not checked.
    /// </summary>
    public IReadOnlyList<long>? Rounded { get; init; }
}
