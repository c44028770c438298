using System.Text;

namespace Arow.Reports;

/// <summary>Common SVG elements of the charts.</summary>
internal static class SvgElements
{
    public static string Open(string title, double width, double height) =>
        $"""<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{Xml.Escape(title)}" width="{Xml.Coordinate(width)}" height="{Xml.Coordinate(height)}" viewBox="0 0 {Xml.Coordinate(width)} {Xml.Coordinate(height)}" font-family="system-ui, sans-serif" font-size="12">"""
        + $"""<rect width="100%" height="100%" fill="#ffffff" />""" + "\n";

    public static string Text(double x, double y, string text, string anchor, string colour = Palette.Faint) =>
        $"""<text x="{Xml.Coordinate(x)}" y="{Xml.Coordinate(y)}" text-anchor="{anchor}" fill="{colour}">{Xml.Escape(text)}</text>""" + "\n";

    public static string Line(double x1, double y1, double x2, double y2, string colour = Palette.Rule, string? dashes = null) =>
        $"""<line x1="{Xml.Coordinate(x1)}" y1="{Xml.Coordinate(y1)}" x2="{Xml.Coordinate(x2)}" y2="{Xml.Coordinate(y2)}" stroke="{colour}"{(dashes is null ? "" : $" stroke-dasharray=\"{dashes}\"")} />""" + "\n";

    public static string Legend(double x, double y, IReadOnlyList<(string Name, string Colour, bool Dashed)> entries)
    {
        const double Sample = 22, Letter = 6.6, Gap = 24;
        var legend = new StringBuilder();
        foreach (var (name, colour, dashed) in entries)
        {
            legend.Append($"""<line x1="{Xml.Coordinate(x)}" y1="{Xml.Coordinate(y)}" x2="{Xml.Coordinate(x + Sample)}" y2="{Xml.Coordinate(y)}" stroke="{colour}" stroke-width="3"{(dashed ? " stroke-dasharray=\"5 4\"" : "")} />""");
            legend.Append(Text(x + Sample + 6, y + 4, name, "start", Palette.Ink));
            x += Sample + 6 + name.Length * Letter + Gap;
        }
        return legend.ToString();
    }
}
