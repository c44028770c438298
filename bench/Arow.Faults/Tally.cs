using System.Globalization;

namespace Arow.Faults;

/// <summary>What became of the tries of one kind.</summary>
/// <param name="kind">Its name.</param>
internal sealed class Tally(string kind)
{
    private readonly List<string> faults = [];

    public string Kind => kind;

    public int Tries { get; set; }

    /// <summary>The tries that were read in spite of the damage, the others being refused; null where nothing is read.</summary>
    public int? Read { get; set; }

    /// <summary>What was lost or wrong, a line each.</summary>
    public IReadOnlyList<string> Faults => faults;

    /// <summary>Tells a fault and keeps it.</summary>
    /// <param name="number">The try.</param>
    /// <param name="what">What was wrong.</param>
    /// <param name="kept">Where its input is.</param>
    public void Fault(int number, string what, string? kept = null)
    {
        var line = $"{kind} {number.ToString(CultureInfo.InvariantCulture)}: {what}{(kept is null ? "" : $" ({kept})")}";
        lock (faults) faults.Add(line);
        Console.Error.WriteLine($"FAULT {line}");
    }

    /// <summary>A table of them.</summary>
    public static string Table(IReadOnlyList<Tally> tallies)
    {
        var width = tallies.Max(t => t.Kind.Length);
        return string.Join('\n', tallies
            .Select(t => $"| {t.Kind.PadRight(width)} | {t.Tries,7} | {t.Read,7} | {t.Faults.Count,13} |")
            .Prepend($"|{new string('-', width + 2)}|--------:|--------:|--------------:|")
            .Prepend($"| {"kind".PadRight(width)} |   tries |    read | lost or wrong |"));
    }
}
