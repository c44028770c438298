namespace Arow.Evaluation.Checks;

/// <summary>What the checks after the attacks look at.</summary>
/// <param name="Rows">A row for each image.</param>
/// <param name="Attacks">What each attack did.</param>
/// <param name="Classes">How many classes there are.</param>
internal sealed record ResultContext(IReadOnlyList<SampleResult> Rows, IReadOnlyList<AttackResult> Attacks, int Classes);

/// <summary>The reasons not to trust an evaluation that are looked for: one explicit line each.</summary>
internal static class FindingChecks
{
    private static readonly Func<ModelCheckContext, Finding?>[] ModelChecks =
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
    private static readonly Func<ModelCheckContext,
    Finding?>[] ImpliedByConstant = [NeverPredicted.Find, NearChance.Find, MarginAlongPgd.Find, HugeEpsilon.Find];

    private static readonly Func<ResultContext, Finding?>[] ResultChecks =
    [
        ZeroGradients.Find,
        BrokenGradients.Find,
        SquareGain.Find,
        BlackBoxWins.Find,
    ];

    public static IEnumerable<Finding> CheckModel(ModelCheckContext context) => ModelChecks
        .Except(ConstantPrediction.Holds(context.Rows) ? ImpliedByConstant : [])
        .Select(find => find(context)).OfType<Finding>();

    /// <summary>All of these but numbers that are none read something into attacks that fail, which against a constant they must.</summary>
    public static IEnumerable<Finding> CheckResults(ResultContext context) =>
        (ConstantPrediction.Holds(context.Rows) ? [BrokenGradients.Find] : ResultChecks)
        .Select(find => find(context)).OfType<Finding>();

    /// <summary>"12 of 64 images".</summary>
    internal static string DescribeCount(int count, int all) => $"{count} of {all} {(all == 1 ? "image" : "images")}";
}
