using System.Text;

namespace Arow.Reports;

/// <summary>Renders a report as an HTML page.</summary>
internal static class HtmlRenderer
{
    private const string Style = """
        body { font: 16px/1.55 system-ui, sans-serif; color: #1c2530; background: #fff; max-width: 46rem; margin: 2.5rem auto; padding: 0 1.25rem; }
        h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; }
        h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
        .stamp { background: #fff3e6; border-left: 4px solid #d55e00; padding: .6rem .9rem; font-weight: 600; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-size: .92rem; margin: .8rem 0; }
        th, td { padding: .3rem .8rem .3rem 0; text-align: left; border-bottom: 1px solid #e2e6ea; vertical-align: top; }
        th { color: #5b6875; font-weight: 600; vertical-align: bottom; }
        td:nth-child(2):last-child { overflow-wrap: anywhere; }
        .numbers td { font-variant-numeric: tabular-nums; white-space: nowrap; }
        .numbers th + th, .numbers td + td { text-align: right; padding: .3rem 0 .3rem 1.4rem; }
        figure { margin: 1.2rem 0; }
        figure svg, figure img { display: block; max-width: max(100%, 34rem); height: auto; }
        figcaption { color: #5b6875; font-size: .88rem; margin-top: .4rem; }
        @media screen and (min-width: 60rem) { .wide:has(table) { width: max-content; max-width: min(50vw + 21.75rem, 72rem); } }
        @media (max-width: 30rem) { table { font-size: .82rem; } .numbers td:first-child { white-space: normal; } .numbers th + th, .numbers td + td { padding-left: .8rem; } }
        @media print {
            body { margin: 0; max-width: none; font-size: 11pt; }
            h2 { break-after: avoid; }
            .stamp, figure, tr { break-inside: avoid; }
            .wide { overflow: visible; }
            td { overflow-wrap: anywhere; }
            .numbers td { white-space: normal; overflow-wrap: normal; }
            .numbers th + th, .numbers td + td { padding-left: .7rem; }
            figure svg, figure img { max-width: 100%; }
        }
        """;

    public static string Render(Report report)
    {
        var page = new StringBuilder();
        page.Append($"""
            <!DOCTYPE html>
            <html xmlns="http://www.w3.org/1999/xhtml" lang="en">
            <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>{Xml.Escape(report.Title)}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <h1>{Xml.Escape(report.Title)}</h1>

            """);
        foreach (var block in report.Blocks) page.Append(RenderBlock(block)).Append('\n');
        return page.Append("</body>\n</html>\n").ToString();
    }

    private static string RenderBlock(IBlock block) => block switch
    {
        Heading heading => $"<h2>{Xml.Escape(heading.Text)}</h2>",
        Paragraph paragraph => $"<p>{Xml.Escape(paragraph.Text)}</p>",
        Banner stamp => $"""<p class="stamp">{Xml.Escape(stamp.Text)}</p>""",
        Table table => Table(table),
        SvgFigure svg => Figure(svg.Svg, svg.Caption),
        PngFigure png => Figure(
            $"""<img alt="{Xml.Escape(png.Caption)}" src="data:image/png;base64,{Convert.ToBase64String(png.Png)}" />""", png.Caption),
        _ => throw new ArgumentOutOfRangeException(nameof(block)),
    };

    private static string Table(Table table)
    {
        var rows = table.Rows.Select(row => $"<tr>{Cells(row, "td")}</tr>");
        return $"""<div class="wide"><table{(table.Numbers ? " class=\"numbers\"" : "")}><thead><tr>{Cells(table.Columns, "th")}</tr></thead>"""
            + $"\n<tbody>\n{string.Join('\n', rows)}\n</tbody></table></div>";
    }

    private static string Cells(IEnumerable<string> cells, string element) =>
        string.Concat(cells.Select(cell => $"<{element}>{Xml.Escape(cell)}</{element}>"));

    private static string Figure(string content, string caption) =>
        $"<figure>\n<div class=\"wide\">{content}</div>\n<figcaption>{Xml.Escape(caption)}</figcaption>\n</figure>";
}
