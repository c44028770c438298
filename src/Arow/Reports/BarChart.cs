using System.Text;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>A share with its confidence interval.</summary>
/// <param name="Value">In [0, 1].</param>
/// <param name="Interval">Confidence interval.</param>
internal readonly record struct ShareEstimate(double Value, Interval Interval);

/// <summary>One group of a bar chart: a model, a class, an attack.</summary>
/// <param name="Name">Label of its bars.</param>
/// <param name="Values">One value per series.</param>
internal sealed record BarGroup(string Name, IReadOnlyList<ShareEstimate> Values);

/// <summary>A horizontal bar chart of shares with intervals: an SVG element. Long names stand above their bars, short ones beside.</summary>
internal static class BarChart
{
    private const double Right = 66, Bottom = 28, Bar = 15, Gap = 12, NameLine = 18;
    private const int ShortName = 22;

    /// <summary>Room for half of the first number below.</summary>
    private const double LeastLeft = 16;

    /// <summary>Draws the chart.</summary>
    /// <param name="title">Accessible name.</param>
    /// <param name="series">Names of the bars of each group.</param>
    /// <param name="groups">Groups from top to bottom.</param>
    public static string RenderSvg(string title, IReadOnlyList<string> series, IReadOnlyList<BarGroup> groups)
    {
        var beside = groups.All(g => g.Name.Length <= ShortName);
        var left = beside ? Math.Max(40, groups.Max(g => SvgElements.Measure(g.Name)) + 16) : LeastLeft;
        var group = series.Count * Bar + Gap + (beside ? 0 : NameLine);
        var (legend, top) = series.Count > 1
            ? SvgElements.Legend(left, SvgElements.Width, [.. series.Select((name, k) => (name, Palette.GetColour(k), false))]) : ("", 0);
        var foot = top + groups.Count * group;
        var x = AxisScale.ForShares(left, SvgElements.Width - Right);
        var svg = new StringBuilder(SvgElements.Open(title, string.Join("; ", groups.Select(g => Describe(g, series))), foot + Bottom));
        foreach (var share in x.Ticks())
        {
            svg.Append(SvgElements.Line(x.ToPixels(share), top, x.ToPixels(share), foot));
            svg.Append(SvgElements.Text(x.ToPixels(share), foot + 18, ReportFormat.Percent(share, digits: 0), "middle"));
        }
        foreach (var (i, bars) in groups.Index())
        {
            var y = top + i * group + Gap / 2;
            if (!beside) y += NameLine;
            svg.Append(beside ? SvgElements.Text(left - 10, y + series.Count * Bar / 2 + 4, bars.Name, "end", Palette.Ink)
                : SvgElements.Text(left, y - 4, SvgElements.Fit(bars.Name, SvgElements.Width - left), "start", Palette.Ink));
            foreach (var (k, value) in bars.Values.Index())
                svg.Append(SvgElements.Hover($"{bars.Name}, {Describe(series[k], value)}", Draw(value, x, y + k * Bar, Palette.GetColour(k))));
        }
        return svg.Append(legend).Append("</svg>").ToString();
    }

    private static string Describe(BarGroup group, IReadOnlyList<string> series) =>
        $"{group.Name}: {string.Join(", ", group.Values.Select((value, k) => Describe(series[k], value)))}";

    private static string Describe(string series, ShareEstimate m) => $"{series} {ReportFormat.Percent(m.Value)} ({ReportFormat.Percent(m.Interval)})";

    private static string Draw(ShareEstimate m, AxisScale x, double y, string colour)
    {
        var (low, high, middle) = (x.ToPixels(m.Interval.Low), x.ToPixels(m.Interval.High), y + Bar / 2);
        return $"""<rect x="{Xml.Coordinate(x.From)}" y="{Xml.Coordinate(y + 1)}" width="{Xml.Coordinate(x.ToPixels(m.Value) - x.From)}" height="{Xml.Coordinate(Bar - 2)}" fill="{colour}" fill-opacity="0.8" />"""
            + $"""<path d="M{Xml.Coordinate(low)} {Xml.Coordinate(middle)}H{Xml.Coordinate(high)}M{Xml.Coordinate(low)} {Xml.Coordinate(middle - 3)}v6M{Xml.Coordinate(high)} {Xml.Coordinate(middle - 3)}v6" stroke="{Palette.Ink}" fill="none" />"""
            + SvgElements.Text(Math.Max(high, x.ToPixels(m.Value)) + 6, middle + 4, ReportFormat.Percent(m.Value), "start");
    }
}
