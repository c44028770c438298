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

    private static readonly Func<Aftermath, Finding?>[] OfTheResults =
    [
        ZeroGradients.Find,
        BrokenGradients.Find,
        SquareGain.Find,
        BlackBoxWins.Find,
    ];

    public static IEnumerable<Finding> Before(Probe probe) => OfTheModel.Select(find => find(probe)).OfType<Finding>();

    public static IEnumerable<Finding> After(Aftermath aftermath) => OfTheResults.Select(find => find(aftermath)).OfType<Finding>();

    /// <summary>"12 of 64 images".</summary>
    internal static string Of(int count, int all) => $"{count} of {all} {(all == 1 ? "image" : "images")}";
}
