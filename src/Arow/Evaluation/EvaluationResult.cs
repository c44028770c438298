namespace Arow.Evaluation;

/// <summary>The progress of an evaluation.</summary>
/// <param name="Attack">The current attack.</param>
/// <param name="Done">Images that it has finished.</param>
/// <param name="Total">Images that it attacks.</param>
/// <param name="Bound">Upper bound on robust accuracy so far, over all images.</param>
/// <param name="Elapsed">The time of the attack so far, since a resumption.</param>
public sealed record EvaluationProgress(string Attack, int Done, int Total, double Bound, TimeSpan Elapsed)
{
    /// <summary>The number of <see cref="Done"/> images that were finished before a resumption.</summary>
    public int Resumed { get; init; }

    /// <summary>
    /// The maximum time left for all attacks; null before any measurement. An early
    /// end and broken images make it shorter.
    /// </summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>All attacks, in order.</summary>
    public IReadOnlyList<string> Attacks { get; init; } = [];

    /// <summary>The results of the attacks before it.</summary>
    public IReadOnlyList<AttackResult> Results { get; init; } = [];

    /// <summary>The number of all images.</summary>
    public int Images { get; init; }
}

/// <summary>The result of one attack.</summary>
/// <param name="Name">The attack.</param>
/// <param name="Attacked">The number of attacked images: those still classified correctly at its start.</param>
/// <param name="Broken">The number of those that it broke.</param>
/// <param name="Accuracy">Robust accuracy after it, over all images.</param>
/// <param name="Seconds">The time it took.</param>
public sealed record AttackResult(string Name, int Attacked, int Broken, double Accuracy, double Seconds)
{
    /// <summary>Accuracy under this attack alone: known if no attack before it broke an image; otherwise null.</summary>
    public double? AccuracyAlone { get; init; }

    /// <summary>Balanced robust accuracy after it.</summary>
    public BalancedAccuracy? Balanced { get; init; }

    /// <summary>Whether it attacked all of its images.</summary>
    public bool Complete { get; init; } = true;

    /// <summary>The access to the classifier that it needs.</summary>
    public Access Needs { get; init; }

    /// <summary>Its query counts.</summary>
    public QueryCounts QueryCounts { get; init; }

    /// <summary>Images whose gradient was zero at its start.</summary>
    public IReadOnlyList<long> ZeroGradients { get; init; } = [];

    /// <summary>Adversarial images that are classified correctly after rounding to 8 bits; null if not checked.</summary>
    public IReadOnlyList<long>? Rounded { get; init; }
}

/// <summary>The result of an evaluation: a row for each image, in the given order, and the result of each attack.</summary>
/// <param name="Rows">One for each image.</param>
/// <param name="Attacks">The results in order, without the attacks after an early end.</param>
public sealed record EvaluationResult(IReadOnlyList<SampleResult> Rows, IReadOnlyList<AttackResult> Attacks)
{
    /// <summary>The findings.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>
    /// The probability of each row's predicted class without an attack, in [0, 1]; null where a resumed evaluation did not record it.
    /// </summary>
    public IReadOnlyList<double>? Confidence { get; init; }

    /// <summary>Whether it ended before all attacks were complete, because the bound was low enough.</summary>
    public bool EndedEarly { get; init; }
}
