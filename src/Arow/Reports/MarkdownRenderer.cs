using System.Text;

namespace Arow.Reports;

/// <summary>Renders a report as Markdown (GitHub's).</summary>
internal static class MarkdownRenderer
{
    public static string Render(Report report, string figurePrefix)
    {
        var blocks = report.Blocks.Select(block => block switch
        {
            Heading heading => $"## {Escape(heading.Text)}",
            Paragraph paragraph => Escape(paragraph.Text),
            Banner stamp => $"> **{Escape(stamp.Text)}**",
            Table table => Table(table),
            SvgFigure svg => Figure(svg.Caption, $"{figurePrefix}{svg.Name}.svg"),
            PngFigure png => Figure(png.Caption, $"{figurePrefix}{png.Name}.png"),
            _ => throw new ArgumentOutOfRangeException(nameof(report)),
        });
        return string.Join("\n\n", blocks.Prepend($"# {Escape(report.Title)}")) + "\n";
    }

    /// <summary>Escapes plain text to one line, with a backslash before every Markdown character.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in Printable.Escape(text.ReplaceLineEndings(" ")))
        {
            if (@"\`*_{}[]<>|#&~$".Contains(c)) escaped.Append('\\');
            escaped.Append(c);
        }
        return escaped.ToString();
    }

    private static string Table(Table table)
    {
        var best = TableMarks.FindBest(table);
        var rules = table.Columns.Select((_, i) => table.Numbers && i > 0 ? "---:" : "---");
        return string.Join('\n', table.Rows.Prepend([]).Prepend([]).Select((row, i) => i switch
        {
            0 => Line(table.Columns.Select(Escape)),
            1 => Line(rules),
            _ => Line(row.Select((cell, j) => best.Contains((i - 2, j)) ? $"**{Escape(cell)}**" : Escape(cell))),
        }));
    }

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string Figure(string caption, string file) => $"![{Escape(caption)}]({file})\n\n*{Escape(caption)}*";
}
