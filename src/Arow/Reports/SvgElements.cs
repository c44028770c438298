using System.Text;

namespace Arow.Reports;

/// <summary>Common SVG elements of the charts. They are drawn 540 wide, so that letters stay legible on a phone's 350 pixels.</summary>
internal static class SvgElements
{
    /// <summary>Width of charts in pixels.</summary>
    public const double Width = 540;

    /// <summary>Pixels that a letter takes at most on average.</summary>
    public const double Letter = 7.2;

    /// <summary>Returns about the pixels that a text takes: what must not be cut has capitals, which are wide.</summary>
    public static double Measure(string text) => text.Sum(c => c switch
    {
        'm' or 'w' or 'M' or 'W' => 12,
        >= 'A' and <= 'Z' => 9.5,
        >= '0' and <= '9' => 8.3,
        _ => Letter,
    });

    /// <summary>Opens a drawing.</summary>
    /// <param name="title">Accessible name.</param>
    /// <param name="description">What a reader who does not see it needs: the numbers.</param>
    /// <param name="height">In pixels.</param>
    public static string Open(string title, string description, double height) =>
        $"""<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{Xml.Coordinate(Width)}" height="{Xml.Coordinate(height)}" viewBox="0 0 {Xml.Coordinate(Width)} {Xml.Coordinate(height)}" font-family="system-ui, sans-serif" font-size="13">"""
        + $"""<title>{Xml.Escape(title)}</title><desc>{Xml.Escape(description)}</desc><rect width="100%" height="100%" fill="{Palette.Paper}" />""" + "\n";

    public static string Text(double x, double y, string text, string anchor, string colour = Palette.Faint) =>
        $"""<text x="{Xml.Coordinate(x)}" y="{Xml.Coordinate(y)}" text-anchor="{anchor}" fill="{colour}">{Xml.Escape(text)}</text>""" + "\n";

    public static string Line(double x1, double y1, double x2, double y2, string colour = Palette.Rule, string? dashes = null) =>
        $"""<line x1="{Xml.Coordinate(x1)}" y1="{Xml.Coordinate(y1)}" x2="{Xml.Coordinate(x2)}" y2="{Xml.Coordinate(y2)}" stroke="{colour}"{(dashes is null ? "" : $" stroke-dasharray=\"{dashes}\"")} />""" + "\n";

    /// <summary>The label of a vertical axis, from below to above around its middle.</summary>
    public static string Upright(double x, double y, string text) =>
        $"""<g transform="rotate(-90 {Xml.Coordinate(x)} {Xml.Coordinate(y)})">{Text(x, y, text, "middle")}</g>""";

    /// <summary>Shows a text while the pointer is on the elements.</summary>
    public static string Hover(string text, string elements) => $"<g><title>{Xml.Escape(text)}</title>{elements}</g>\n";

    /// <summary>An invisible area that shows a text while the pointer is on it.</summary>
    public static string HoverArea(string text, double x, double y, double width, double height) =>
        Hover(text, $"""<rect x="{Xml.Coordinate(x)}" y="{Xml.Coordinate(y)}" width="{Xml.Coordinate(width)}" height="{Xml.Coordinate(height)}" fill="none" pointer-events="all" />""");

    /// <summary>Shortens a text to as many letters as have room.</summary>
    public static string Fit(string text, double room) =>
        text.Length * Letter <= room ? text : string.Concat(text.AsSpan(0, Math.Max(1, (int)(room / Letter) - 1)), "…");

    /// <summary>Draws a legend in as many rows as it needs.</summary>
    /// <param name="left">Left edge.</param>
    /// <param name="right">Right edge.</param>
    /// <param name="entries">At least one.</param>
    /// <returns>The elements and their height.</returns>
    public static (string Elements, double Height) Legend(
        double left, double right, IReadOnlyList<(string Name, string Colour, bool Dashed)> entries)
    {
        const double Sample = 22, Gap = 18, Row = 20;
        var legend = new StringBuilder();
        var (x, y) = (left, 14.0);
        foreach (var (name, colour, dashed) in entries)
        {
            var width = Sample + 6 + name.Length * Letter;
            if (x > left && x + width > right) (x, y) = (left, y + Row);
            legend.Append($"""<line x1="{Xml.Coordinate(x)}" y1="{Xml.Coordinate(y)}" x2="{Xml.Coordinate(x + Sample)}" y2="{Xml.Coordinate(y)}" stroke="{colour}" stroke-width="3"{(dashed ? " stroke-dasharray=\"5 4\"" : "")} />""");
            legend.Append(Text(x + Sample + 6, y + 4, Fit(name, right - x - Sample - 6), "start", Palette.Ink));
            x += width + Gap;
        }
        return (legend.ToString(), y + 14);
    }
}
