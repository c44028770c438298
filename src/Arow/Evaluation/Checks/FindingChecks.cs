namespace Arow.Evaluation.Checks;

/// <summary>The input of the checks after the attacks.</summary>
/// <param name="Rows">A row for each image.</param>
/// <param name="Attacks">The result of each attack.</param>
internal sealed record ResultContext(IReadOnlyList<SampleResult> Rows, IReadOnlyList<AttackResult> Attacks);

/// <summary>The checks for doubtful evaluations, one line each.</summary>
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

    /// <summary>Checks whose findings a constant prediction explains: they would report another cause.</summary>
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

    /// <summary>All of these, except the check for finite values, interpret failing attacks, and against a constant all attacks fail.</summary>
    public static IEnumerable<Finding> CheckResults(ResultContext context) =>
        (ConstantPrediction.Holds(context.Rows) ? [BrokenGradients.Find] : ResultChecks)
        .Select(find => find(context)).OfType<Finding>();

    /// <summary>"12 of 64 images".</summary>
    internal static string DescribeCount(int count, int all) => $"{count} of {all} {(all == 1 ? "image" : "images")}";
}
