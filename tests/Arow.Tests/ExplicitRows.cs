namespace Arow.Tests;

internal static class ExplicitRows
{
    /// <summary>
    /// The rows of a theory, of which some are explicit: CI runs them (<c>.ci/numeric</c>, <c>.ci/rare</c>), <c>dotnet test</c>, which is to take few
    /// minutes, runs a sibling of each.
    /// </summary>
    public static TheoryData<T> WithExplicit<T>(this TheoryData<T> rows, params IReadOnlyCollection<T> rare)
    {
        Assert.All(rare, row => Assert.Contains(rows, r => Equals(r.Data, row)));
        foreach (var row in rows.Where(r => rare.Contains(r.Data))) row.Explicit = true;
        return rows;
    }
}
