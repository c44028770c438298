using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Studies;

/// <summary>The result of a comparison of an endpoint.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Other">The arm that it is compared with.</param>
/// <param name="Planned">The planned seeds.</param>
/// <param name="OverSeeds">The comparison over the seeds with both arms; null if there are none yet.</param>
/// <param name="AdjustedPValue">The sign-flip test's p-value, adjusted for the family (Holm).</param>
/// <param name="EquivalencePValue">That of the equivalence tests for the endpoint's margin; null if it cannot be computed.</param>
/// <param name="AdjustedEquivalencePValue">The same, adjusted for the family (Holm).</param>
internal sealed record EndpointResult(
    Endpoint Endpoint, string Other, int Planned, SeedComparison? OverSeeds,
    double AdjustedPValue, double? EquivalencePValue, double? AdjustedEquivalencePValue)
{
    /// <summary>The verdict at the 5 % level for each kind of test.</summary>
    public Verdict Verdict => OverSeeds is null ? Verdict.Undecided
        : AdjustedPValue < PairedComparison.Level ? OverSeeds.Difference > 0 ? Verdict.Ahead : Verdict.Behind
        : IsLevel ? Verdict.Level
        : Verdict.Undecided;

    /// <summary>Whether the difference lies significantly within the margin; it may still differ from 0.</summary>
    public bool IsLevel => AdjustedEquivalencePValue < PairedComparison.Level;

    /// <summary>
    /// Computes the comparisons of a family of endpoints: each kind of test is adjusted for all of them, including those that are not
    /// measured yet.
    /// </summary>
    /// <param name="results">The results so far.</param>
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
