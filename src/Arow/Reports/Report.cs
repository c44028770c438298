namespace Arow.Reports;

/// <summary>What was found, for people: written once as blocks, rendered as a page and as Markdown.</summary>
/// <param name="Title">The first line.</param>
/// <param name="Blocks">In their order.</param>
public sealed record Report(string Title, IReadOnlyList<IBlock> Blocks)
{
    /// <summary>A page that needs no other file and no script; well-formed XML too.</summary>
    public string ToHtml() => Html.Render(this);

    /// <summary>Markdown whose figures are files beside it.</summary>
    /// <param name="figurePrefix">What the names of their files begin with.</param>
    public string ToMarkdown(string figurePrefix = "") => Markdown.Render(this, figurePrefix);

    /// <summary>Writes <c>report.html</c>, <c>report.md</c> and its figures <c>report-….svg</c> and <c>.png</c>, each whole.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="name">Another name than report.</param>
    public void Write(string folder, string name = "report")
    {
        Directory.CreateDirectory(folder);
        var prefix = name + "-";
        foreach (var block in Blocks)
        {
            if (block is SvgFigure svg) WholeFile.Write(Path.Combine(folder, $"{prefix}{svg.Name}.svg"), svg.Svg);
            if (block is PngFigure png) WholeFile.Write(Path.Combine(folder, $"{prefix}{png.Name}.png"), file => file.Write(png.Png));
        }
        WholeFile.Write(Path.Combine(folder, name + ".md"), ToMarkdown(prefix));
        WholeFile.Write(Path.Combine(folder, name + ".html"), ToHtml());
    }
}
