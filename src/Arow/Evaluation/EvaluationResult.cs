namespace Arow.Evaluation;

/// <summary>Where an evaluation stands.</summary>
/// <param name="Attack">The attack at work.</param>
/// <param name="Done">Images that it is done with.</param>
/// <param name="Total">Images that it has to attack.</param>
/// <param name="Bound">Upper bound on robust accuracy so far, over all images.</param>
/// <param name="Elapsed">What the attack took so far, without what was done before a resumption.</param>
public sealed record EvaluationProgress(string Attack, int Done, int Total, double Bound, TimeSpan Elapsed)
{
    /// <summary>Of <see cref="Done"/>, how many were done before a resumption.</summary>
    public int Resumed { get; init; }

    /// <summary>
    /// How long the whole evaluation will still take at most, all attacks together; null before anything is known. An early
    /// end and images that fall make it shorter.
    /// </summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>All attacks, in order.</summary>
    public IReadOnlyList<string> Attacks { get; init; } = [];

    /// <summary>What those before it did.</summary>
    public IReadOnlyList<AttackResult> Results { get; init; } = [];

    /// <summary>All images.</summary>
    public int Images { get; init; }
}

/// <summary>What one attack did.</summary>
/// <param name="Name">The attack.</param>
/// <param name="Attacked">Images that it tried: those still classified rightly when its turn came.</param>
/// <param name="Broken">Of those, how many it turned.</param>
/// <param name="Accuracy">What is left after it, over all images.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record AttackResult(string Name, int Attacked, int Broken, double Accuracy, double Seconds)
{
    /// <summary>Accuracy under this attack alone: known where none before it had turned an image; null elsewhere.</summary>
    public double? AccuracyAlone { get; init; }

    /// <summary>What is left after it of the balanced accuracy.</summary>
    public BalancedAccuracy? Balanced { get; init; }

    /// <summary>Whether it got to all of its images.</summary>
    public bool Complete { get; init; } = true;

    /// <summary>What it has to see of the classifier.</summary>
    public Access Needs { get; init; }

    /// <summary>What it asked of the classifier.</summary>
    public QueryCounts QueryCounts { get; init; }

    /// <summary>Images whose gradient was zero at its beginning.</summary>
    public IReadOnlyList<long> ZeroGradients { get; init; } = [];

    /// <summary>Adversarial images that are classified rightly once rounded to 8 bits; null if that was not looked at.</summary>
    public IReadOnlyList<long>? Rounded { get; init; }
}

/// <summary>An evaluation: a row for each image, in the order given, and what each attack did.</summary>
/// <param name="Rows">One for each image.</param>
/// <param name="Attacks">In their order; those that an early end left out are missing.</param>
public sealed record EvaluationResult(IReadOnlyList<SampleResult> Rows, IReadOnlyList<AttackResult> Attacks)
{
    /// <summary>Reasons to trust the numbers less.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Whether it ended before all attacks had tried all images, because the bound was low enough.</summary>
    public bool EndedEarly { get; init; }
}
