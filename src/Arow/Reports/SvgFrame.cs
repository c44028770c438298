using System.Text;

namespace Arow.Reports;

/// <summary>Common SVG elements of the charts.</summary>
internal static class SvgFrame
{
    public static string Open(string title, double width, double height) =>
        $"""<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{Xml.Escape(title)}" width="{Xml.Place(width)}" height="{Xml.Place(height)}" viewBox="0 0 {Xml.Place(width)} {Xml.Place(height)}" font-family="system-ui, sans-serif" font-size="12">"""
        + $"""<rect width="100%" height="100%" fill="#ffffff" />""" + "\n";

    public static string Text(double x, double y, string text, string anchor, string colour = Palette.Faint) =>
        $"""<text x="{Xml.Place(x)}" y="{Xml.Place(y)}" text-anchor="{anchor}" fill="{colour}">{Xml.Escape(text)}</text>""" + "\n";

    public static string Rule(double x1, double y1, double x2, double y2, string colour = Palette.Rule, string? dashes = null) =>
        $"""<line x1="{Xml.Place(x1)}" y1="{Xml.Place(y1)}" x2="{Xml.Place(x2)}" y2="{Xml.Place(y2)}" stroke="{colour}"{(dashes is null ? "" : $" stroke-dasharray=\"{dashes}\"")} />""" + "\n";

    public static string Legend(double x, double y, IReadOnlyList<(string Name, string Colour, bool Dashed)> entries)
    {
        const double Sample = 22, Letter = 6.6, Gap = 24;
        var legend = new StringBuilder();
        foreach (var (name, colour, dashed) in entries)
        {
            legend.Append($"""<line x1="{Xml.Place(x)}" y1="{Xml.Place(y)}" x2="{Xml.Place(x + Sample)}" y2="{Xml.Place(y)}" stroke="{colour}" stroke-width="3"{(dashed ? " stroke-dasharray=\"5 4\"" : "")} />""");
            legend.Append(Text(x + Sample + 6, y + 4, name, "start", Palette.Ink));
            x += Sample + 6 + name.Length * Letter + Gap;
        }
        return legend.ToString();
    }
}
