using System.Text;
using Arow.IO;

namespace Arow.Reports;

/// <summary>Renders a report as an HTML page.</summary>
internal static class HtmlRenderer
{
    private const string Generator = """<meta name="generator" content="Arow" />""";

    /// <summary>Whether a file exists that is not a page of this class.</summary>
    public static bool IsForeign(string path)
    {
        const int Head = 1024;
        if (!File.Exists(path)) return false;
        using var file = new StreamReader(RegularFile.Open(path));
        var start = new char[Head];
        return !start.AsSpan(0, file.ReadBlock(start)).Contains(Generator, StringComparison.Ordinal);
    }

    public static string Render(Report report)
    {
        var page = new StringBuilder();
        page.Append($"""
            <!DOCTYPE html>
            <html xmlns="http://www.w3.org/1999/xhtml" lang="en">
            <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            {Generator}{(report.RefreshSeconds is { } seconds ? $"\n<meta http-equiv=\"refresh\" content=\"{seconds}\" />" : "")}
            <title>{Xml.Escape(report.Title)}</title>
            <style>
            {PageStyle.Css}
            </style>
            </head>
            <body>
            <h1>{Xml.Escape(report.Title)}</h1>

            """);
        var section = report.Title;
        foreach (var block in report.Blocks)
        {
            if (block is Heading heading) section = heading.Text;
            page.Append(RenderBlock(block, section)).Append('\n');
        }
        return page.Append($"<script>\n{PageScript.Sorting}\n</script>\n</body>\n</html>\n").ToString();
    }

    private static string RenderBlock(IBlock block, string section) => block switch
    {
        Heading heading => $"<h2>{Xml.Escape(heading.Text)}</h2>",
        Paragraph paragraph => $"<p>{Xml.Escape(paragraph.Text)}</p>",
        Banner stamp => $"""<p class="stamp">{Xml.Escape(stamp.Text)}</p>""",
        Table table => HtmlTable.Render(table, section),
        SvgFigure svg => Figure(svg.Svg, svg.Caption),
        PngFigure { Items: { } items } sheet => Figure(Pictures(items), sheet.Caption),
        PngFigure png => Figure(Picture(png.Png, png.Caption), png.Caption),
        _ => throw new ArgumentOutOfRangeException(nameof(block)),
    };

    private static string Pictures(IReadOnlyList<SheetItem> items) => $"""<ul class="pictures">{string.Concat(items.Select(Item))}</ul>""";

    private static string Item(SheetItem item)
    {
        var pictures = item.Pictures.Select(p => Picture(p.Png, p.Shows, item.Width));
        var lines = item.Lines.Select(line => $"<div{(line.Wrong ? " class=\"wrong\"" : "")}>{Xml.Escape(line.Text)}</div>");
        var width = item.Pictures.Count * (item.Width + 3);
        return $"""<li style="width: {width}px"><span>{string.Concat(pictures)}</span>{string.Concat(lines)}</li>""" + "\n";
    }

    private static string Picture(byte[] png, string shows, int? width = null) =>
        $"""<img alt="{Xml.Escape(shows)}"{(width is { } w ? $" width=\"{w}\"" : "")} src="data:image/png;base64,{Convert.ToBase64String(png)}" />""";

    private static string Figure(string content, string caption) =>
        $"<figure>\n{content}\n<figcaption>{Xml.Escape(caption)}</figcaption>\n</figure>";
}
