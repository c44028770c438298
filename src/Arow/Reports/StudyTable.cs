using System.Globalization;
using System.Text.Json.Nodes;

namespace Arow.Reports;

/// <summary>A column of a <see cref="StudyTable"/>.</summary>
/// <param name="Head">Head in the report; empty to omit the column there.</param>
/// <param name="Key">Unique key in files.</param>
/// <param name="Value">Returns a number, a text or null.</param>
/// <param name="Display">Formats the value for the report; null for its plain text.</param>
internal sealed record Column<T>(string Head, string Key, Func<T, object?> Value, Func<T, string>? Display = null)
{
    /// <summary>Whether it holds accuracies, the highest of which are marked in the report.</summary>
    public bool HighestIsBest { get; init; }

    public string Cell(T row) => Display is null ? StudyTable.Format(Value(row)) : Display(row);
}

/// <summary>A table of a study in three forms: for the report, as tab-separated values and as JSON.</summary>
/// <param name="Name">Name of its file.</param>
/// <param name="Display">Table of the report.</param>
/// <param name="Tsv">Tab-separated values with a header of keys; numbers in full precision.</param>
/// <param name="Json">An object per row.</param>
internal sealed record StudyTable(string Name, Table Display, string Tsv, JsonArray Json)
{
    /// <summary>Creates a table from rows; columns without a head are omitted from the report.</summary>
    internal static StudyTable Create<T>(string name, IReadOnlyList<T> rows, IReadOnlyList<Column<T>> columns, bool numbers = true)
    {
        var shown = columns.Where(c => c.Head.Length > 0).ToList();
        return new StudyTable(
            name,
            new Table([.. shown.Select(c => c.Head)], [.. rows.Select(row => (IReadOnlyList<string>)[.. shown.Select(c => c.Cell(row))])], numbers)
            {
                HighestIsBest = [.. shown.Index().Where(c => c.Item.HighestIsBest).Select(c => c.Index)],
            },
            string.Concat(rows.Select(row => columns.Select(c => Format(c.Value(row)).ReplaceLineEndings(" ").Replace('\t', ' ')))
                .Prepend(columns.Select(c => c.Key))
                .Select(cells => string.Join('\t', cells) + "\n")),
            [.. rows.Select(row => (JsonNode)new JsonObject([.. columns.Select(c => KeyValuePair.Create(c.Key, ToJson(c.Value(row))))]))]);
    }

    internal static string Format(object? value) => value switch
    {
        null => "",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        bool flag => flag ? "yes" : "no",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        double number => JsonValue.Create(number),
        int number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        bool flag => JsonValue.Create(flag),
        _ => JsonValue.Create(value.ToString()),
    };
}
