using System.Globalization;
using System.Text.RegularExpressions;

namespace Arow.Reports;

/// <summary>The best values of a table's columns.</summary>
internal static partial class TableMarks
{
    /// <summary>Returns rows and columns of the highest shown numbers, ties included; none where all are equal or there is one.</summary>
    public static HashSet<(int Row, int Column)> FindBest(Table table)
    {
        var best = new HashSet<(int, int)>();
        foreach (var column in table.HighestIsBest)
        {
            var numbers = table.Rows.Select((row, i) => (Row: i, Value: ParseNumber(row[column]))).Where(n => n.Value is not null).ToList();
            if (numbers.DistinctBy(n => n.Value).Count() < 2) continue;
            var highest = numbers.Max(n => n.Value);
            best.UnionWith(numbers.Where(n => n.Value == highest).Select(n => (n.Row, column)));
        }
        return best;
    }

    /// <summary>Parses the number that a cell begins with: 54.3 of "54.3 ± 0.2 %"; null for none.</summary>
    private static double? ParseNumber(string cell) =>
        double.TryParse(LeadingNumber().Match(cell).Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var number)
            ? number : null;

    [GeneratedRegex(@"^[+-]?[0-9][0-9,]*(\.[0-9]+)?")]
    private static partial Regex LeadingNumber();
}
