using System.Globalization;
using System.Text;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="Values">One value per place; null or not finite for a gap.</param>
/// <param name="Colour">Index of the colour in the palette.</param>
/// <param name="Dashed">Whether the line is dashed.</param>
internal sealed record Line(string Name, IReadOnlyList<double?> Values, int Colour, bool Dashed = false)
{
    /// <summary>Shaded band at each place; null for none.</summary>
    public IReadOnlyList<Interval>? Band { get; init; }
}

/// <summary>A line chart over the epochs of a training run or over another number: an SVG element.</summary>
internal static class LineChart
{
    private const double Width = SvgElements.Width, Plot = 210, Left = 70, Right = 14, Bottom = 46, MarkLine = 16;

    /// <summary>Draws the chart.</summary>
    /// <param name="title">Accessible title.</param>
    /// <param name="vertical">Label of the vertical axis.</param>
    /// <param name="places">Values of the horizontal axis, ascending; at least one.</param>
    /// <param name="lines">The lines.</param>
    /// <param name="shares">Whether the values are shares, shown as per cent from 0 to 100 unless some exceed that.</param>
    /// <param name="selected">Value of the horizontal axis that is marked as selected; null for none.</param>
    /// <param name="axis">Label of the horizontal axis; "epoch" has integer ticks.</param>
    public static string RenderSvg(
        string title, string vertical, IReadOnlyList<double> places, IReadOnlyList<Line> lines, bool shares, double? selected = null,
        string axis = "epoch")
    {
        double[] all =
        [
            .. lines.SelectMany(l => l.Values).Where(IsFinite).Select(v => v!.Value),
            .. lines.SelectMany(l => l.Band ?? []).SelectMany(b => (double[])[b.Low, b.High]),
        ];
        var (legend, top) = SvgElements.Legend(Left, Width - Right, [.. lines.Select(l => (l.Name, Palette.GetColour(l.Colour), l.Dashed))]);
        if (selected is not null) top += MarkLine;
        var foot = top + Plot;
        var y = shares && all.All(v => v is >= 0 and <= 1) ? AxisScale.ForShares(foot, top) : AxisScale.ForValues(all, foot, top);
        // A single epoch is drawn in the middle.
        var (first, last) = places.Count == 1 ? (places[0] - 1, places[0] + 1) : (places[0], places[^1]);
        var x = new AxisScale(first, last, Left, Width - Right);

        var svg = new StringBuilder(SvgElements.Open(title, Describe(lines, places, shares, axis), foot + Bottom));
        foreach (var value in y.Ticks())
        {
            svg.Append(SvgElements.Line(Left, y.ToPixels(value), Width - Right, y.ToPixels(value)));
            svg.Append(SvgElements.Text(Left - 8, y.ToPixels(value) + 4, Format(value, shares), "end"));
        }
        foreach (var place in x.Ticks().Where(p => (axis != "epoch" || p == Math.Round(p)) && p >= places[0] && p <= places[^1]))
            svg.Append(SvgElements.Text(x.ToPixels(place), foot + 18, Format(place, shares: false), "middle"));
        svg.Append(SvgElements.Text((Left + Width - Right) / 2, foot + Bottom - 8, axis, "middle"));
        svg.Append(SvgElements.Upright(14, (top + foot) / 2, vertical));
        if (selected is { } marked)
        {
            svg.Append(SvgElements.Line(x.ToPixels(marked), top, x.ToPixels(marked), foot, Palette.Faint, "2 3"));
            var late = x.ToPixels(marked) > Width / 2;
            svg.Append(SvgElements.Text(x.ToPixels(marked) + (late ? -6 : 6), top - 5, "selected", late ? "end" : "start"));
        }
        foreach (var line in lines) svg.Append(DrawBand(line, places, x, y));
        foreach (var line in lines) svg.Append(DrawLine(line, places, x, y));
        svg.Append(legend);
        foreach (var (i, place) in places.Index())
        {
            // As far as halfway to the neighbours.
            var from = i == 0 ? Left : x.ToPixels((places[i - 1] + place) / 2);
            var to = i == places.Count - 1 ? Width - Right : x.ToPixels((place + places[i + 1]) / 2);
            var values = $"{axis} {Format(place, shares: false)}: {DescribeValues(lines, i, shares)}";
            svg.Append(SvgElements.HoverArea(values, from, top, to - from, Plot));
        }
        return svg.Append("</svg>").ToString();
    }

    /// <summary>Describes where the lines begin and end.</summary>
    private static string Describe(IReadOnlyList<Line> lines, IReadOnlyList<double> places, bool shares, string axis)
    {
        var last = places.Count - 1;
        var end = $"{axis} {Format(places[last], shares: false)}: {DescribeValues(lines, last, shares)}";
        return last == 0 ? end : $"{axis} {Format(places[0], shares: false)}: {DescribeValues(lines, 0, shares)}; {end}";
    }

    private static string DescribeValues(IReadOnlyList<Line> lines, int place, bool shares) => string.Join(", ", lines.Select(line =>
        $"{line.Name} {(IsFinite(line.Values[place]) ? FormatExactly(line.Values[place]!.Value, shares) : "–")}"));

    private static string FormatExactly(double value, bool shares) =>
        shares ? ReportFormat.Percent(value) : value.ToString("G4", CultureInfo.InvariantCulture);

    private static bool IsFinite(double? value) => value is { } v && double.IsFinite(v);

    private static string DrawBand(Line line, IReadOnlyList<double> places, AxisScale x, AxisScale y)
    {
        if (line.Band is not { } band) return "";
        var upper = places.Zip(band, (place, b) => $"{Xml.Coordinate(x.ToPixels(place))} {Xml.Coordinate(y.ToPixels(b.High))}");
        var lower = places.Zip(band, (place, b) => $"{Xml.Coordinate(x.ToPixels(place))} {Xml.Coordinate(y.ToPixels(b.Low))}").Reverse();
        return $"""<path d="M{string.Join('L', upper.Concat(lower))}Z" fill="{Palette.GetColour(line.Colour)}" fill-opacity="0.15" />""" + "\n";
    }

    private static string DrawLine(Line line, IReadOnlyList<double> places, AxisScale x, AxisScale y)
    {
        const int FewEnoughForDots = 40;
        var (path, dots, pen) = (new StringBuilder(), new StringBuilder(), 'M');
        var colour = Palette.GetColour(line.Colour);
        for (var i = 0; i < places.Count; i++)
        {
            // The line continues between two evaluations and breaks at a non-finite loss.
            if (line.Values[i] is not { } value) continue;
            if (!double.IsFinite(value))
            {
                pen = 'M';
                continue;
            }
            var (px, py) = (Xml.Coordinate(x.ToPixels(places[i])), Xml.Coordinate(y.ToPixels(value)));
            path.Append(pen).Append(px).Append(' ').Append(py);
            pen = 'L';
            if (places.Count <= FewEnoughForDots && !line.Dashed) dots.Append($"""<circle cx="{px}" cy="{py}" r="2.6" fill="{colour}" />""");
            if (line.Dashed && places.Count == 1) dots.Append($"""<circle cx="{px}" cy="{py}" r="2.6" fill="none" stroke="{colour}" />""");
        }
        if (path.Length == 0) return "";
        var dash = line.Dashed ? " stroke-dasharray=\"5 4\"" : "";
        return $"""<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"{dash} />{dots}""" + "\n";
    }

    private static string Format(double value, bool shares) =>
        shares ? ReportFormat.Percent(value, digits: 0) : Math.Round(value, 6).ToString("0.######", CultureInfo.InvariantCulture);
}
