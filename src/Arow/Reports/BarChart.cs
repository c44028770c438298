using System.Text;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>A share with its confidence interval.</summary>
/// <param name="Value">In [0, 1].</param>
/// <param name="Interval">Confidence interval.</param>
internal readonly record struct ShareEstimate(double Value, Interval Interval);

/// <summary>One group of a bar chart: a model, a class, an attack.</summary>
/// <param name="Name">Label on the left.</param>
/// <param name="Values">One value per series.</param>
internal sealed record BarGroup(string Name, IReadOnlyList<ShareEstimate> Values);

/// <summary>A horizontal bar chart of shares with intervals, which leaves space for long names: an SVG element.</summary>
internal static class BarChart
{
    private const double Width = 720, Left = 190, Right = 70, LegendHeight = 34, Bottom = 26, Bar = 14, Gap = 12;
    private const int MaxNameLength = 22;

    /// <summary>Draws the chart.</summary>
    /// <param name="title">Accessible title.</param>
    /// <param name="series">Names of the bars of each group.</param>
    /// <param name="groups">Groups from top to bottom.</param>
    public static string RenderSvg(string title, IReadOnlyList<string> series, IReadOnlyList<BarGroup> groups)
    {
        var group = series.Count * Bar + Gap;
        var top = series.Count > 1 ? LegendHeight : 0;
        var foot = top + groups.Count * group;
        var x = AxisScale.ForShares(Left, Width - Right);
        var svg = new StringBuilder(SvgElements.Open(title, Width, foot + Bottom));
        foreach (var share in x.Ticks())
        {
            svg.Append(SvgElements.Line(x.ToPixels(share), top, x.ToPixels(share), foot));
            svg.Append(SvgElements.Text(x.ToPixels(share), foot + 18, ReportFormat.Percent(share, digits: 0), "middle"));
        }
        foreach (var (i, bars) in groups.Index())
        {
            var y = top + i * group + Gap / 2;
            svg.Append(SvgElements.Text(Left - 10, y + series.Count * Bar / 2 + 4, Truncate(bars.Name), "end", Palette.Ink));
            foreach (var (k, value) in bars.Values.Index()) svg.Append(Draw(value, x, y + k * Bar, Palette.GetColour(k)));
        }
        if (series.Count > 1)
            svg.Append(SvgElements.Legend(Left, 14, [.. series.Select((name, k) => (name, Palette.GetColour(k), false))]));
        return svg.Append("</svg>").ToString();
    }

    private static string Draw(ShareEstimate m, AxisScale x, double y, string colour)
    {
        var (low, high, middle) = (x.ToPixels(m.Interval.Low), x.ToPixels(m.Interval.High), y + Bar / 2);
        return $"""<rect x="{Xml.Coordinate(x.From)}" y="{Xml.Coordinate(y + 1)}" width="{Xml.Coordinate(x.ToPixels(m.Value) - x.From)}" height="{Xml.Coordinate(Bar - 2)}" fill="{colour}" fill-opacity="0.8" />"""
            + $"""<path d="M{Xml.Coordinate(low)} {Xml.Coordinate(middle)}H{Xml.Coordinate(high)}M{Xml.Coordinate(low)} {Xml.Coordinate(middle - 3)}v6M{Xml.Coordinate(high)} {Xml.Coordinate(middle - 3)}v6" stroke="{Palette.Ink}" fill="none" />"""
            + SvgElements.Text(Math.Max(high, x.ToPixels(m.Value)) + 6, middle + 4, ReportFormat.Percent(m.Value), "start");
    }

    private static string Truncate(string name) => name.Length <= MaxNameLength ? name : string.Concat(name.AsSpan(0, MaxNameLength - 1), "…");
}
