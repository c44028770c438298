namespace Arow.Evaluation;

/// <summary>What the checks after the attacks look at.</summary>
/// <param name="Rows">A row for each image.</param>
/// <param name="Attacks">What each attack did.</param>
/// <param name="Classes">How many classes there are.</param>
internal sealed record Aftermath(IReadOnlyList<SampleResult> Rows, IReadOnlyList<AttackResult> Attacks, int Classes);

/// <summary>The reasons not to trust an evaluation that are looked for: one explicit line each.</summary>
internal static class Checks
{
    private static readonly Func<Probe, Finding?>[] OfTheModel =
    [
        BrokenOutput.Find,
        ConstantPrediction.Find,
        NeverPredicted.Find,
        NearChance.Find,
        RandomOutput.Find,
        ProbabilityOutput.Find,
        BatchDependence.Find,
        InnerGradients.Find,
        NoGradients.Find,
        FewClasses.Find,
        MarginAlongPgd.Find,
        HugeEpsilon.Find,
    ];

    /// <summary>What a model that gives every image one class explains by itself: these would name another cause.</summary>
    private static readonly Func<Probe, Finding?>[] ExplainedByAConstant = [NeverPredicted.Find, NearChance.Find, MarginAlongPgd.Find, HugeEpsilon.Find];

    private static readonly Func<Aftermath, Finding?>[] OfTheResults =
    [
        ZeroGradients.Find,
        BrokenGradients.Find,
        SquareGain.Find,
        BlackBoxWins.Find,
    ];

    public static IEnumerable<Finding> Before(Probe probe) => OfTheModel
        .Except(ConstantPrediction.Holds(probe.Rows) ? ExplainedByAConstant : [])
        .Select(find => find(probe)).OfType<Finding>();

    /// <summary>All of these but numbers that are none read something into attacks that fail, which against a constant they must.</summary>
    public static IEnumerable<Finding> After(Aftermath aftermath) => (ConstantPrediction.Holds(aftermath.Rows) ? [BrokenGradients.Find] : OfTheResults)
        .Select(find => find(aftermath)).OfType<Finding>();

    /// <summary>"12 of 64 images".</summary>
    internal static string Of(int count, int all) => $"{count} of {all} {(all == 1 ? "image" : "images")}";
}
