using System.Text;
using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>A reliability diagram, accuracy against confidence: an SVG element.</summary>
internal static class ReliabilityChart
{
    private const double Plot = 300, Left = 62, Right = 20, Top = 16, Bottom = 48;

    /// <summary>Draws the bins as points with their distance from the diagonal, on which accuracy equals confidence.</summary>
    public static string RenderSvg(string title, Calibration calibration)
    {
        var (x, y) = (AxisScale.ForShares(Left, SvgElements.Width - Right), AxisScale.ForShares(Top + Plot, Top));
        var svg = new StringBuilder(SvgElements.Open(title, string.Join("; ", calibration.Bins.Select(Describe)), Top + Plot + Bottom));
        foreach (var share in y.Ticks())
        {
            svg.Append(SvgElements.Line(Left, y.ToPixels(share), SvgElements.Width - Right, y.ToPixels(share)));
            svg.Append(SvgElements.Text(Left - 8, y.ToPixels(share) + 4, ReportFormat.Percent(share, 0), "end"));
            svg.Append(SvgElements.Text(x.ToPixels(share), Top + Plot + 18, ReportFormat.Percent(share, 0), "middle"));
        }
        svg.Append(SvgElements.Text((x.From + x.To) / 2, Top + Plot + Bottom - 8, "confidence", "middle"));
        svg.Append(SvgElements.Upright(14, Top + Plot / 2, "accuracy"));
        svg.Append(SvgElements.Line(x.From, y.From, x.To, y.To, Palette.Faint, "4 4"));
        foreach (var bin in calibration.Bins) svg.Append(SvgElements.Hover(Describe(bin), Draw(bin, x, y)));
        return svg.Append("</svg>").ToString();
    }

    private static string Draw(CalibrationBin bin, AxisScale x, AxisScale y)
    {
        var interval = ReportFormat.WithInterval(bin.Accuracy, bin.N).Interval;
        var at = x.ToPixels(bin.Confidence);
        var (low, high) = (Xml.Coordinate(y.ToPixels(interval.Low)), Xml.Coordinate(y.ToPixels(interval.High)));
        return $"""<path d="M{Xml.Coordinate(at)} {Xml.Coordinate(y.ToPixels(bin.Confidence))}V{Xml.Coordinate(y.ToPixels(bin.Accuracy))}" stroke="{Palette.GetColour(1)}" stroke-width="6" stroke-opacity="0.45" />"""
            + $"""<path d="M{Xml.Coordinate(at)} {low}V{high}M{Xml.Coordinate(at - 3)} {low}h6M{Xml.Coordinate(at - 3)} {high}h6" stroke="{Palette.Ink}" />"""
            + $"""<circle cx="{Xml.Coordinate(at)}" cy="{Xml.Coordinate(y.ToPixels(bin.Accuracy))}" r="5" fill="{Palette.GetColour(0)}" />""";
    }

    private static string Describe(CalibrationBin bin) =>
        $"confidence {ReportFormat.Percent(bin.Confidence)}: accuracy {ReportFormat.Percent(bin.Accuracy)} "
            + $"({ReportFormat.Percent(ReportFormat.WithInterval(bin.Accuracy, bin.N).Interval)}), {ReportFormat.Count(bin.N)} images";
}
