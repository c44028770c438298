using System.Text;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>A setting in the trade-off between clean and robust accuracy.</summary>
/// <param name="Clean">Clean accuracy over seeds.</param>
/// <param name="Robust">Robust accuracy over seeds.</param>
/// <param name="Label">Label beside the point if there is room: its λ; empty for none.</param>
/// <param name="Chosen">Whether validation selected it.</param>
public sealed record TradeOffPoint(Spread Clean, Spread Robust, string Label, bool Chosen);

/// <summary>Settings of a method, connected by lines.</summary>
/// <param name="Name">Name in the legend; series with the same name share entry and colour.</param>
/// <param name="Points">Points in the order of λ.</param>
public sealed record TradeOffSeries(string Name, IReadOnlyList<TradeOffPoint> Points);

/// <summary>A chart of robust against clean accuracy, a point per setting: an SVG element.</summary>
public static class TradeOffChart
{
    private const double Width = 720, Plot = 360, Left = 62, Right = 24, Bottom = 50, LegendRow = 20, LegendColumn = 210;
    private const int LegendColumns = 3;

    /// <summary>Draws the chart.</summary>
    /// <param name="title">Accessible title.</param>
    /// <param name="series">Series with at least one point in total.</param>
    /// <param name="front">Points of the Pareto front by ascending clean accuracy; drawn as a dashed line.</param>
    public static string Svg(string title, IReadOnlyList<TradeOffSeries> series, IReadOnlyList<(double Clean, double Robust)> front)
    {
        var names = series.Select(s => s.Name).Distinct().ToList();
        var top = 18 + LegendRow * ((names.Count + LegendColumns - 1) / LegendColumns);
        var bottom = top + Plot;
        var points = series.SelectMany(s => s.Points).ToList();
        var x = Scale.Around([.. points.SelectMany(p => Ends(p.Clean))], Left, Width - Right);
        var y = Scale.Around([.. points.SelectMany(p => Ends(p.Robust))], bottom, top);
        var svg = new StringBuilder(SvgFrame.Open(title, Width, bottom + Bottom));
        foreach (var value in y.Marks())
        {
            svg.Append(SvgFrame.Rule(Left, y.At(value), Width - Right, y.At(value)));
            svg.Append(SvgFrame.Text(Left - 8, y.At(value) + 4, Share(value, y), "end"));
        }
        foreach (var value in x.Marks())
        {
            svg.Append(SvgFrame.Rule(x.At(value), top, x.At(value), bottom));
            svg.Append(SvgFrame.Text(x.At(value), bottom + 18, Share(value, x), "middle"));
        }
        svg.Append(SvgFrame.Text((Left + Width - Right) / 2, bottom + Bottom - 10, "clean accuracy", "middle"));
        svg.Append($"""<g transform="rotate(-90 14 {Xml.Place((top + bottom) / 2)})">{SvgFrame.Text(14, (top + bottom) / 2, "robust accuracy", "middle")}</g>""");
        svg.Append(Path(front.Select(p => (x.At(p.Clean), y.At(p.Robust))), Palette.Faint, " stroke-dasharray=\"2 4\"", 1.5));

        foreach (var one in series)
        {
            var (colour, shape) = Look(names.IndexOf(one.Name));
            svg.Append(Path(one.Points.Select(p => (x.At(p.Clean.Mean), y.At(p.Robust.Mean))), colour, "", 1.5));
            foreach (var point in one.Points) svg.Append(Draw(point, x, y, colour, shape));
        }
        foreach (var (i, name) in names.Index())
        {
            var (left, row) = (Left + i % LegendColumns * LegendColumn, i / LegendColumns * LegendRow);
            var (colour, shape) = Look(i);
            svg.Append(Mark(left, 12 + row, colour, shape, filled: true));
            svg.Append(SvgFrame.Text(left + 12, 16 + row, Short(name), "start", Palette.Ink));
        }
        // Labels of selected settings have priority.
        var labels = new FreePlaces(Left, top, Width, bottom, points.Select(p => (x.At(p.Clean.Mean), y.At(p.Robust.Mean))));
        foreach (var point in points.Where(p => p.Label.Length > 0).OrderByDescending(p => p.Chosen))
        {
            if (labels.Beside(x.At(point.Clean.Mean), y.At(point.Robust.Mean), point.Label) is { } place)
                svg.Append(SvgFrame.Text(place.X, place.Y, point.Label, "start"));
        }
        return svg.Append("</svg>").ToString();
    }

    /// <summary>Returns one standard deviation to either side, clipped to [0, 1].</summary>
    private static double[] Ends(Spread s) => [Math.Max(0, s.Mean - (s.Deviation ?? 0)), Math.Min(1, s.Mean + (s.Deviation ?? 0))];

    private static string Draw(TradeOffPoint point, Scale x, Scale y, string colour, int shape)
    {
        var (px, py) = (x.At(point.Clean.Mean), y.At(point.Robust.Mean));
        var whiskers = $"""<path d="M{Xml.Place(x.At(Ends(point.Clean)[0]))} {Xml.Place(py)}H{Xml.Place(x.At(Ends(point.Clean)[1]))}M{Xml.Place(px)} {Xml.Place(y.At(Ends(point.Robust)[0]))}V{Xml.Place(y.At(Ends(point.Robust)[1]))}" stroke="{colour}" stroke-opacity="0.5" fill="none" />""";
        return whiskers + Mark(px, py, colour, shape, point.Chosen);
    }

    private static (string Colour, int Shape) Look(int method) => (Palette.Of(method), method / Palette.Count);

    /// <summary>Draws a circle, a square or a diamond; hollow unless selected.</summary>
    private static string Mark(double x, double y, string colour, int shape, bool filled)
    {
        var paint = $"""fill="{(filled ? colour : "#ffffff")}" stroke="{colour}" stroke-width="2" """;
        return (shape % 3) switch
        {
            0 => $"""<circle cx="{Xml.Place(x)}" cy="{Xml.Place(y)}" r="4.5" {paint}/>""",
            1 => $"""<rect x="{Xml.Place(x - 4)}" y="{Xml.Place(y - 4)}" width="8" height="8" {paint}/>""",
            _ => $"""<path d="M{Xml.Place(x)} {Xml.Place(y - 6)}L{Xml.Place(x + 6)} {Xml.Place(y)}L{Xml.Place(x)} {Xml.Place(y + 6)}L{Xml.Place(x - 6)} {Xml.Place(y)}Z" {paint}/>""",
        };
    }

    private static string Path(IEnumerable<(double X, double Y)> points, string colour, string dashes, double width)
    {
        var path = string.Concat(points.Select((p, i) => $"{(i == 0 ? 'M' : 'L')}{Xml.Place(p.X)} {Xml.Place(p.Y)}"));
        return path.Contains('L') ? $"""<path d="{path}" fill="none" stroke="{colour}" stroke-width="{Xml.Place(width)}"{dashes} />""" + "\n" : "";
    }

    private static string Share(double value, Scale scale) => Wording.Percent(value, scale.High - scale.Low < 0.05 ? 1 : 0);

    private static string Short(string name) => name.Length <= 22 ? name : string.Concat(name.AsSpan(0, 21), "…");
}
