using Arow.IO;

namespace Arow.Reports;

/// <summary>A report: written once as blocks, rendered as HTML and as Markdown.</summary>
/// <param name="Title">Title of the report.</param>
/// <param name="Blocks">Blocks in order.</param>
internal sealed record Report(string Title, IReadOnlyList<IBlock> Blocks)
{
    /// <summary>After how many seconds the page loads itself again; null for never.</summary>
    public int? RefreshSeconds { get; init; }

    /// <summary>Renders a self-contained page; it is also well-formed XML.</summary>
    public string ToHtml() => HtmlRenderer.Render(this);

    /// <summary>Renders Markdown with figures in separate files.</summary>
    /// <param name="figurePrefix">Prefix of the figures' file names.</param>
    public string ToMarkdown(string figurePrefix = "") => MarkdownRenderer.Render(this, figurePrefix);

    /// <summary>Writes <c>report.html</c>, <c>report.md</c> and its figures <c>report-….svg</c> and <c>.png</c>, each atomically.</summary>
    /// <param name="folder">Folder; created if needed.</param>
    /// <param name="name">Name in place of report.</param>
    public void Write(string folder, string name = "report")
    {
        Directory.CreateDirectory(folder);
        var prefix = name + "-";
        foreach (var block in Blocks)
        {
            if (block is SvgFigure svg) AtomicFile.Write(Path.Combine(folder, $"{prefix}{svg.Name}.svg"), svg.Svg);
            if (block is PngFigure png) AtomicFile.Write(Path.Combine(folder, $"{prefix}{png.Name}.png"), file => file.Write(png.Png));
        }
        AtomicFile.Write(Path.Combine(folder, name + ".md"), ToMarkdown(prefix));
        AtomicFile.Write(Path.Combine(folder, name + ".html"), ToHtml());
    }
}
