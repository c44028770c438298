namespace Arow.Reports;

/// <summary>Writes the tables of all pages: named, with headed rows and columns, on a phone a card a row.</summary>
internal static class HtmlTable
{
    private const int FewColumns = 3, FewRows = 2, LongCell = 24;

    /// <param name="table">The table.</param>
    /// <param name="section">The heading above it, its name for assistive programs if it has no caption.</param>
    public static string Render(Table table, string section)
    {
        string[] classes =
        [
            table.Numbers ? "numbers" : "words", .. table.Columns.Count > FewColumns ? (string[])["cards"] : [],
            .. table.Rows.Count > FewRows && !table.IsFixedOrder ? (string[])["sortable"] : [],
        ];
        var best = TableMarks.FindBest(table);
        var caption = table.Caption is { } shown ? $"<caption>{Xml.Escape(shown)}</caption>"
            : $"<caption class=\"unseen\">{Xml.Escape(section)}</caption>";
        var heads = string.Concat(table.Columns.Select(column => $"<th scope=\"col\">{Xml.Escape(column)}</th>"));
        var rows = table.Rows.Select((row, i) => $"<tr>{string.Concat(row.Select((cell, j) =>
            j == 0 ? Head(cell, table.Links?[i]) : Cell(cell, table.Columns[j], best.Contains((i, j)))))}</tr>");
        return $"""<div class="wide"><table class="{string.Join(' ', classes)}">{caption}<thead><tr>{heads}</tr></thead>"""
            + $"\n<tbody>\n{string.Join('\n', rows)}\n</tbody></table></div>";
    }

    private static string Head(string cell, string? link) =>
        $"<th scope=\"row\"{(cell.Length > LongCell ? " class=\"long\"" : "")}>{(link is null ? Xml.Escape(cell) : $"<a href=\"{Xml.Escape(link)}\">{Xml.Escape(cell)}</a>")}</th>";

    private static string Cell(string cell, string column, bool best)
    {
        // A number and its unit stay together in a narrow column.
        var text = Xml.Escape(cell).Replace(" %", "&#160;%", StringComparison.Ordinal);
        var kind = best ? " class=\"best\"" : cell.Length > LongCell ? " class=\"long\"" : "";
        return $"<td{kind} data-label=\"{Xml.Escape(column)}\">{(best ? $"<strong>{text}</strong>" : text)}</td>";
    }
}
