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
    private static readonly ScatterAxis Clean = new("clean accuracy", ReportFormat.Percent), Robust = new("robust accuracy", ReportFormat.Percent);

    /// <summary>Draws the chart.</summary>
    /// <param name="title">Accessible title.</param>
    /// <param name="series">Series with at least one point in total.</param>
    /// <param name="front">Points of the Pareto front by ascending clean accuracy; drawn as a dashed line.</param>
    public static string RenderSvg(string title, IReadOnlyList<TradeOffSeries> series, IReadOnlyList<(double Clean, double Robust)> front) =>
        ScatterChart.RenderSvg(title, Clean, Robust, [.. series.Select(s => new ScatterSeries(s.Name, [.. s.Points.Select(p => new ScatterPoint(
            p.Clean.Mean, p.Robust.Mean, p.Clean.ToShareBar(), p.Robust.ToShareBar(), p.Label, p.Selected, Describe(s.Name, p)))]))], front);

    private static string Describe(string name, TradeOffPoint p) =>
        $"{name}{(p.Label.Length > 0 ? $", λ {p.Label}" : "")}{(p.Selected ? ", selected" : "")}: clean {StudyText.FormatPoints(p.Clean)}, "
            + $"robust {StudyText.FormatPoints(p.Robust)}";
}
