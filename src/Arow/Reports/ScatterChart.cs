using System.Text;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>A point of a scatter chart.</summary>
/// <param name="X">Place on the horizontal axis.</param>
/// <param name="Y">Place on the vertical axis.</param>
/// <param name="XBar">Error bar to the sides; null for none.</param>
/// <param name="YBar">Error bar up and down; null for none.</param>
/// <param name="Label">Label beside the point if there is room; empty for none.</param>
/// <param name="Filled">Whether the mark is filled; labels of filled marks have priority.</param>
/// <param name="Description">The point in words, for the pointer and for readers who do not see it.</param>
internal sealed record ScatterPoint(double X, double Y, Interval? XBar, Interval? YBar, string Label, bool Filled, string Description);

/// <summary>Points that are connected by lines.</summary>
/// <param name="Name">Name in the legend; series with the same name share entry and colour.</param>
/// <param name="Points">Points in the order of the line.</param>
internal sealed record ScatterSeries(string Name, IReadOnlyList<ScatterPoint> Points);

/// <summary>An axis of a scatter chart.</summary>
/// <param name="Name">Its label.</param>
/// <param name="Format">Text of a tick; the second argument is the number of decimals.</param>
internal sealed record ScatterAxis(string Name, Func<double, int, string> Format)
{
    /// <summary>Returns the text of a tick, with a decimal where ticks lie nearer than a hundredth.</summary>
    public string FormatTick(double value, AxisScale scale) => Format(value, scale.High - scale.Low < 0.05 ? 1 : 0);
}

/// <summary>A chart of points with error bars: an SVG element.</summary>
internal static class ScatterChart
{
    private const double Width = SvgElements.Width, Plot = 340, Left = 62, Right = 20, Bottom = 50, LegendRow = 20, LegendColumn = 236;
    private const int LegendColumns = 2;

    /// <summary>Draws the chart.</summary>
    /// <param name="title">Accessible title.</param>
    /// <param name="horizontal">The horizontal axis.</param>
    /// <param name="vertical">The vertical axis.</param>
    /// <param name="series">Series with at least one point in total.</param>
    /// <param name="dashes">Points connected by a dashed line.</param>
    public static string RenderSvg(string title, ScatterAxis horizontal, ScatterAxis vertical, IReadOnlyList<ScatterSeries> series,
        IReadOnlyList<(double X, double Y)> dashes)
    {
        var names = series.Select(s => s.Name).Distinct().ToList();
        var top = 18 + LegendRow * ((names.Count + LegendColumns - 1) / LegendColumns);
        var bottom = top + Plot;
        var points = series.SelectMany(s => s.Points).ToList();
        var x = AxisScale.ForValues([.. points.SelectMany(p => Extent(p.X, p.XBar)), .. dashes.Select(d => d.X)], Left, Width - Right);
        var y = AxisScale.ForValues([.. points.SelectMany(p => Extent(p.Y, p.YBar)), .. dashes.Select(d => d.Y)], bottom, top);
        var svg = new StringBuilder(SvgElements.Open(title, string.Join("; ", points.Select(p => p.Description)), bottom + Bottom));
        foreach (var value in y.Ticks())
        {
            svg.Append(SvgElements.Line(Left, y.ToPixels(value), Width - Right, y.ToPixels(value)));
            svg.Append(SvgElements.Text(Left - 8, y.ToPixels(value) + 4, vertical.FormatTick(value, y), "end"));
        }
        foreach (var value in x.Ticks())
        {
            svg.Append(SvgElements.Line(x.ToPixels(value), top, x.ToPixels(value), bottom));
            svg.Append(SvgElements.Text(x.ToPixels(value), bottom + 18, horizontal.FormatTick(value, x), "middle"));
        }
        svg.Append(SvgElements.Text((Left + Width - Right) / 2, bottom + Bottom - 10, horizontal.Name, "middle"));
        svg.Append(SvgElements.Upright(14, (top + bottom) / 2, vertical.Name));
        svg.Append(Path(dashes.Select(p => (x.ToPixels(p.X), y.ToPixels(p.Y))), Palette.Faint, " stroke-dasharray=\"2 4\""));

        foreach (var one in series)
        {
            var (colour, shape) = GetStyle(names.IndexOf(one.Name));
            svg.Append(Path(one.Points.Select(p => (x.ToPixels(p.X), y.ToPixels(p.Y))), colour, ""));
            foreach (var point in one.Points) svg.Append(SvgElements.Hover(point.Description, Draw(point, x, y, colour, shape)));
        }
        foreach (var (i, name) in names.Index())
        {
            var (left, row) = (Left + i % LegendColumns * LegendColumn, i / LegendColumns * LegendRow);
            var (colour, shape) = GetStyle(i);
            svg.Append(Mark(left, 12 + row, colour, shape, filled: true));
            svg.Append(SvgElements.Text(left + 12, 16 + row, SvgElements.Fit(name, LegendColumn - 14), "start", Palette.Ink));
        }
        var labels = new LabelPlacer(Left, top, Width, bottom, points.Select(p => (x.ToPixels(p.X), y.ToPixels(p.Y))));
        foreach (var point in points.Where(p => p.Label.Length > 0).OrderByDescending(p => p.Filled))
        {
            if (labels.Place(x.ToPixels(point.X), y.ToPixels(point.Y), point.Label) is { } place)
                svg.Append(SvgElements.Text(place.X, place.Y, point.Label, "start"));
        }
        return svg.Append("</svg>").ToString();
    }

    private static double[] Extent(double value, Interval? bar) => bar is { } b ? [b.Low, value, b.High] : [value];

    private static string Draw(ScatterPoint point, AxisScale x, AxisScale y, string colour, int shape)
    {
        var (px, py) = (x.ToPixels(point.X), y.ToPixels(point.Y));
        var bars = (point.XBar is { } h ? $"M{Xml.Coordinate(x.ToPixels(h.Low))} {Xml.Coordinate(py)}H{Xml.Coordinate(x.ToPixels(h.High))}" : "")
            + (point.YBar is { } v ? $"M{Xml.Coordinate(px)} {Xml.Coordinate(y.ToPixels(v.Low))}V{Xml.Coordinate(y.ToPixels(v.High))}" : "");
        return (bars.Length == 0 ? "" : $"""<path d="{bars}" stroke="{colour}" stroke-opacity="0.5" fill="none" />""")
            + Mark(px, py, colour, shape, point.Filled);
    }

    private static (string Colour, int Shape) GetStyle(int method) => (Palette.GetColour(method), method / Palette.Count);

    /// <summary>Draws a circle, a square or a diamond; hollow unless selected.</summary>
    private static string Mark(double x, double y, string colour, int shape, bool filled)
    {
        var paint = $"""fill="{(filled ? colour : Palette.Paper)}" stroke="{colour}" stroke-width="2" """;
        return (shape % 3) switch
        {
            0 => $"""<circle cx="{Xml.Coordinate(x)}" cy="{Xml.Coordinate(y)}" r="4.5" {paint}/>""",
            1 => $"""<rect x="{Xml.Coordinate(x - 4)}" y="{Xml.Coordinate(y - 4)}" width="8" height="8" {paint}/>""",
            _ => $"""<path d="M{Xml.Coordinate(x)} {Xml.Coordinate(y - 6)}L{Xml.Coordinate(x + 6)} {Xml.Coordinate(y)}L{Xml.Coordinate(x)} {Xml.Coordinate(y + 6)}L{Xml.Coordinate(x - 6)} {Xml.Coordinate(y)}Z" {paint}/>""",
        };
    }

    private static string Path(IEnumerable<(double X, double Y)> points, string colour, string dashes)
    {
        var path = string.Concat(points.Select((p, i) => $"{(i == 0 ? 'M' : 'L')}{Xml.Coordinate(p.X)} {Xml.Coordinate(p.Y)}"));
        return path.Contains('L')
            ? $"""<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5"{dashes} />""" + "\n" : "";
    }
}
