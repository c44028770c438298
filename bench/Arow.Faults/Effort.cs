using System.Diagnostics;

namespace Arow.Faults;

/// <summary>How much is tried, and where from.</summary>
/// <param name="Seed">Decides every input, signal and moment.</param>
/// <param name="Tries">Of each kind; null for the small number that CI has time for.</param>
/// <param name="Minutes">For all kinds together, in place of a number of tries; null for none.</param>
/// <param name="First">The number of the first try of each kind: that of a fault, to see it again.</param>
/// <param name="Only">Kinds whose names begin with one of these; none for all.</param>
/// <param name="Kept">Folder for the inputs that show a fault.</param>
internal sealed record Effort(int Seed, int? Tries, double? Minutes, int First, IReadOnlyList<string> Only, string Kept)
{
    /// <summary>The kinds that are asked for.</summary>
    public IReadOnlyList<T> Chosen<T>(IEnumerable<T> all, Func<T, string> name) =>
        [.. all.Where(one => Only.Count == 0 || Only.Any(start => name(one).StartsWith(start, StringComparison.Ordinal)))];

    /// <summary>The numbers of a kind's tries, until they or the time are spent.</summary>
    /// <param name="usual">How many where nothing else was asked for.</param>
    /// <param name="kinds">Kinds that share the time.</param>
    public IEnumerable<int> Numbers(int usual, int kinds)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; Minutes is { } minutes ? clock.Elapsed.TotalMinutes < minutes / kinds : i < (Tries ?? usual); i++) yield return First + i;
    }

    /// <summary>Chance for one try of a kind: the same at every run, on every machine.</summary>
    public Random Dice(string kind, int number) => Dice(Seed, kind, number);

    /// <summary>The same, for a seed.</summary>
    public static Random Dice(int seed, string kind, int number)
    {
        var hash = 2166136261u;
        foreach (var letter in $"{kind} {seed} {number}") hash = (hash ^ letter) * 16777619u;
        return new Random((int)hash);
    }
}
