using System.Text;
using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>A share with its confidence interval.</summary>
/// <param name="Value">In [0, 1].</param>
/// <param name="Interval">Confidence interval.</param>
public readonly record struct Measured(double Value, Interval Interval);

/// <summary>One group of a bar chart: a model, a class, an attack.</summary>
/// <param name="Name">Label on the left.</param>
/// <param name="Values">One value per series.</param>
public sealed record BarGroup(string Name, IReadOnlyList<Measured> Values);

/// <summary>A horizontal bar chart of shares with intervals, which leaves space for long names: an SVG element.</summary>
public static class BarChart
{
    private const double Width = 720, Left = 190, Right = 70, LegendHeight = 34, Bottom = 26, Bar = 14, Gap = 12;
    private const int LongestName = 22;

    /// <summary>Draws the chart.</summary>
    /// <param name="title">Accessible title.</param>
    /// <param name="series">Names of the bars of each group.</param>
    /// <param name="groups">Groups from top to bottom.</param>
    public static string Svg(string title, IReadOnlyList<string> series, IReadOnlyList<BarGroup> groups)
    {
        var group = series.Count * Bar + Gap;
        var top = series.Count > 1 ? LegendHeight : 0;
        var foot = top + groups.Count * group;
        var x = Scale.Shares(Left, Width - Right);
        var svg = new StringBuilder(SvgFrame.Open(title, Width, foot + Bottom));
        foreach (var share in x.Marks())
        {
            svg.Append(SvgFrame.Rule(x.At(share), top, x.At(share), foot));
            svg.Append(SvgFrame.Text(x.At(share), foot + 18, Wording.Percent(share, digits: 0), "middle"));
        }
        foreach (var (i, bars) in groups.Index())
        {
            var y = top + i * group + Gap / 2;
            svg.Append(SvgFrame.Text(Left - 10, y + series.Count * Bar / 2 + 4, Short(bars.Name), "end", Palette.Ink));
            foreach (var (k, value) in bars.Values.Index()) svg.Append(Draw(value, x, y + k * Bar, Palette.Of(k)));
        }
        if (series.Count > 1)
            svg.Append(SvgFrame.Legend(Left, 14, [.. series.Select((name, k) => (name, Palette.Of(k), false))]));
        return svg.Append("</svg>").ToString();
    }

    private static string Draw(Measured m, Scale x, double y, string colour)
    {
        var (low, high, middle) = (x.At(m.Interval.Low), x.At(m.Interval.High), y + Bar / 2);
        return $"""<rect x="{Xml.Place(x.From)}" y="{Xml.Place(y + 1)}" width="{Xml.Place(x.At(m.Value) - x.From)}" height="{Xml.Place(Bar - 2)}" fill="{colour}" fill-opacity="0.8" />"""
            + $"""<path d="M{Xml.Place(low)} {Xml.Place(middle)}H{Xml.Place(high)}M{Xml.Place(low)} {Xml.Place(middle - 3)}v6M{Xml.Place(high)} {Xml.Place(middle - 3)}v6" stroke="{Palette.Ink}" fill="none" />"""
            + SvgFrame.Text(Math.Max(high, x.At(m.Value)) + 6, middle + 4, Wording.Percent(m.Value), "start");
    }

    private static string Short(string name) => name.Length <= LongestName ? name : string.Concat(name.AsSpan(0, LongestName - 1), "…");
}
