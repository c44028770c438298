using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Studies;

/// <summary>What a comparison of an endpoint comes to.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Other">With what its arm is compared.</param>
/// <param name="Planned">The seeds that were to have both.</param>
/// <param name="OverSeeds">The seeds that have both; null while none has.</param>
/// <param name="AdjustedPValue">The sign-flip test's p-value, adjusted for the family (Holm).</param>
/// <param name="EquivalencePValue">That of the equivalence tests for the endpoint's margin; null where it cannot be computed.</param>
/// <param name="AdjustedEquivalencePValue">The same, adjusted for the family (Holm).</param>
internal sealed record EndpointResult(
    Endpoint Endpoint, string Other, int Planned, SeedComparison? OverSeeds,
    double AdjustedPValue, double? EquivalencePValue, double? AdjustedEquivalencePValue)
{
    /// <summary>The verdict at the 5 % level, each kind of test at its own.</summary>
    public Verdict Verdict => OverSeeds is null ? Verdict.Undecided
        : AdjustedPValue < PairedComparison.Level ? OverSeeds.Difference > 0 ? Verdict.Ahead : Verdict.Behind
        : IsLevel ? Verdict.Level
        : Verdict.Undecided;

    /// <summary>Whether the difference is shown to lie within the margin, which one that is not 0 can too.</summary>
    public bool IsLevel => AdjustedEquivalencePValue < PairedComparison.Level;

    /// <summary>
    /// The comparisons of endpoints that are one family: each kind of test is adjusted for all of them, those that are not
    /// measured yet among them.
    /// </summary>
    /// <param name="results">What there is.</param>
    /// <param name="family">The endpoints.</param>
    /// <exception cref="InputException">Arms were not measured on the same images.</exception>
    public static IReadOnlyList<EndpointResult> Compute(StudyResults results, IReadOnlyList<Endpoint> family)
    {
        var found = (from endpoint in family
                     from other in endpoint.Against
                     let seeds = results.Compare(endpoint, other)
                     select new EndpointResult(endpoint, other, endpoint.Seeds(results.Study).Count, seeds, 1,
                         seeds?.EquivalencePValue(endpoint.Margin), null)).ToList();
        var adjusted = Holm.Adjust([.. found.Select(f => f.OverSeeds?.PValue ?? 1)]);
        var equivalence = Holm.Adjust([.. found.Select(f => f.EquivalencePValue ?? 1)]);
        return [.. found.Select((f, i) =>
            f with { AdjustedPValue = adjusted[i], AdjustedEquivalencePValue = f.EquivalencePValue is null ? null : equivalence[i] })];
    }
}
