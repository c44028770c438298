using System.Text;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>A setting in the trade-off between clean and robust accuracy.</summary>
/// <param name="Clean">Clean accuracy over seeds.</param>
/// <param name="Robust">Robust accuracy over seeds.</param>
/// <param name="Label">Label beside the point if there is room: its λ; empty for none.</param>
/// <param name="Selected">Whether validation selected it.</param>
internal sealed record TradeOffPoint(SeedSpread Clean, SeedSpread Robust, string Label, bool Selected);

/// <summary>Settings of a method, connected by lines.</summary>
/// <param name="Name">Name in the legend; series with the same name share entry and colour.</param>
/// <param name="Points">Points in the order of λ.</param>
internal sealed record TradeOffSeries(string Name, IReadOnlyList<TradeOffPoint> Points);

/// <summary>A chart of robust against clean accuracy, a point per setting: an SVG element.</summary>
internal static class TradeOffChart
{
    private const double Width = SvgElements.Width, Plot = 340, Left = 62, Right = 20, Bottom = 50, LegendRow = 20, LegendColumn = 236;
    private const int LegendColumns = 2;

    /// <summary>Draws the chart.</summary>
    /// <param name="title">Accessible title.</param>
    /// <param name="series">Series with at least one point in total.</param>
    /// <param name="front">Points of the Pareto front by ascending clean accuracy; drawn as a dashed line.</param>
    public static string RenderSvg(string title, IReadOnlyList<TradeOffSeries> series, IReadOnlyList<(double Clean, double Robust)> front)
    {
        var names = series.Select(s => s.Name).Distinct().ToList();
        var top = 18 + LegendRow * ((names.Count + LegendColumns - 1) / LegendColumns);
        var bottom = top + Plot;
        var points = series.SelectMany(s => s.Points).ToList();
        var x = AxisScale.ForValues([.. points.SelectMany(p => ErrorBar(p.Clean))], Left, Width - Right);
        var y = AxisScale.ForValues([.. points.SelectMany(p => ErrorBar(p.Robust))], bottom, top);
        var description = string.Join("; ", series.SelectMany(s => s.Points.Select(p => Describe(s.Name, p))));
        var svg = new StringBuilder(SvgElements.Open(title, description, bottom + Bottom));
        foreach (var value in y.Ticks())
        {
            svg.Append(SvgElements.Line(Left, y.ToPixels(value), Width - Right, y.ToPixels(value)));
            svg.Append(SvgElements.Text(Left - 8, y.ToPixels(value) + 4, FormatShare(value, y), "end"));
        }
        foreach (var value in x.Ticks())
        {
            svg.Append(SvgElements.Line(x.ToPixels(value), top, x.ToPixels(value), bottom));
            svg.Append(SvgElements.Text(x.ToPixels(value), bottom + 18, FormatShare(value, x), "middle"));
        }
        svg.Append(SvgElements.Text((Left + Width - Right) / 2, bottom + Bottom - 10, "clean accuracy", "middle"));
        svg.Append($"""<g transform="rotate(-90 14 {Xml.Coordinate((top + bottom) / 2)})">{SvgElements.Text(14, (top + bottom) / 2, "robust accuracy", "middle")}</g>""");
        svg.Append(Path(front.Select(p => (x.ToPixels(p.Clean), y.ToPixels(p.Robust))), Palette.Faint, " stroke-dasharray=\"2 4\"", 1.5));

        foreach (var one in series)
        {
            var (colour, shape) = GetStyle(names.IndexOf(one.Name));
            svg.Append(Path(one.Points.Select(p => (x.ToPixels(p.Clean.Mean), y.ToPixels(p.Robust.Mean))), colour, "", 1.5));
            foreach (var point in one.Points) svg.Append(SvgElements.Hover(Describe(one.Name, point), Draw(point, x, y, colour, shape)));
        }
        foreach (var (i, name) in names.Index())
        {
            var (left, row) = (Left + i % LegendColumns * LegendColumn, i / LegendColumns * LegendRow);
            var (colour, shape) = GetStyle(i);
            svg.Append(Mark(left, 12 + row, colour, shape, filled: true));
            svg.Append(SvgElements.Text(left + 12, 16 + row, SvgElements.Fit(name, LegendColumn - 14), "start", Palette.Ink));
        }
        // Labels of selected settings have priority.
        var labels = new LabelPlacer(Left, top, Width, bottom, points.Select(p => (x.ToPixels(p.Clean.Mean), y.ToPixels(p.Robust.Mean))));
        foreach (var point in points.Where(p => p.Label.Length > 0).OrderByDescending(p => p.Selected))
        {
            if (labels.Place(x.ToPixels(point.Clean.Mean), y.ToPixels(point.Robust.Mean), point.Label) is { } place)
                svg.Append(SvgElements.Text(place.X, place.Y, point.Label, "start"));
        }
        return svg.Append("</svg>").ToString();
    }

    /// <summary>Returns one standard deviation to either side, clipped to [0, 1].</summary>
    private static double[] ErrorBar(SeedSpread s) => [Math.Max(0, s.Mean - (s.Deviation ?? 0)), Math.Min(1, s.Mean + (s.Deviation ?? 0))];

    private static string Draw(TradeOffPoint point, AxisScale x, AxisScale y, string colour, int shape)
    {
        var (px, py) = (x.ToPixels(point.Clean.Mean), y.ToPixels(point.Robust.Mean));
        var whiskers = $"""<path d="M{Xml.Coordinate(x.ToPixels(ErrorBar(point.Clean)[0]))} {Xml.Coordinate(py)}H{Xml.Coordinate(x.ToPixels(ErrorBar(point.Clean)[1]))}M{Xml.Coordinate(px)} {Xml.Coordinate(y.ToPixels(ErrorBar(point.Robust)[0]))}V{Xml.Coordinate(y.ToPixels(ErrorBar(point.Robust)[1]))}" stroke="{colour}" stroke-opacity="0.5" fill="none" />""";
        return whiskers + Mark(px, py, colour, shape, point.Selected);
    }

    private static string Describe(string name, TradeOffPoint p) =>
        $"{name}{(p.Label.Length > 0 ? $", λ {p.Label}" : "")}{(p.Selected ? ", selected" : "")}: clean {StudyText.FormatPoints(p.Clean)}, "
            + $"robust {StudyText.FormatPoints(p.Robust)}";

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

    private static string Path(IEnumerable<(double X, double Y)> points, string colour, string dashes, double width)
    {
        var path = string.Concat(points.Select((p, i) => $"{(i == 0 ? 'M' : 'L')}{Xml.Coordinate(p.X)} {Xml.Coordinate(p.Y)}"));
        return path.Contains('L')
            ? $"""<path d="{path}" fill="none" stroke="{colour}" stroke-width="{Xml.Coordinate(width)}"{dashes} />""" + "\n" : "";
    }

    private static string FormatShare(double value, AxisScale scale) => ReportFormat.Percent(value, scale.High - scale.Low < 0.05 ? 1 : 0);
}
