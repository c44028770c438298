using Spectre.Console;

namespace Arow.Cli;

/// <summary>Tables on standard output, no wider than the terminal; elsewhere as wide as they are.</summary>
internal static class FittedTable
{
    /// <summary>Wider than any table.</summary>
    private const int WidestLine = 1000;

    /// <summary>Writes a table; names of unknown origin are made harmless. Where it is too wide, columns are left out and named.</summary>
    /// <param name="columns">The heads.</param>
    /// <param name="rows">Text, as many cells as columns at most.</param>
    /// <param name="expendable">Heads of columns that may be left out, the first one first.</param>
    public static void Write(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, params string[] expendable)
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = WidestLine;
        var cells = rows.Select(row => (string[])[.. row.Select(Printable.Escape), .. Enumerable.Repeat("", columns.Count - row.Count)]).ToList();
        var shown = Choose(columns, cells, expendable, AnsiConsole.Profile.Width);
        var table = new Table().RoundedBorder().AddColumns([.. shown.Select(i => Markup.Escape(Printable.Escape(columns[i])))]);
        foreach (var row in cells) table.AddRow([.. shown.Select(i => Markup.Escape(row[i]))]);
        AnsiConsole.Write(table);
        if (shown.Count < columns.Count)
            Results.Write($"In a wider terminal also: {string.Join(", ", columns.Index().Where(c => !shown.Contains(c.Index)).Select(c => c.Item))}.");
    }

    /// <summary>The columns that are shown.</summary>
    /// <param name="columns">The heads.</param>
    /// <param name="rows">A cell for each.</param>
    /// <param name="expendable">Those that may be left out, the first one first.</param>
    /// <param name="width">Of the terminal.</param>
    internal static List<int> Choose(
        IReadOnlyList<string> columns, IReadOnlyList<string[]> rows, IEnumerable<string> expendable, int width)
    {
        List<int> shown = [.. Enumerable.Range(0, columns.Count)];
        foreach (var head in expendable)
        {
            if (Width() <= width) break;
            shown.Remove(columns.Index().First(c => c.Item == head).Index);
        }
        return shown;

        // A border and a space on each side of every column.
        int Width() => 1 + shown.Sum(i => 3 + rows.Select(row => row[i].Length).Append(columns[i].Length).Max());
    }
}
