using System.Globalization;
using Arow.Analysis;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>Report section on the probed images over a training run.</summary>
internal static class TrainingCurveBlocks
{
    public static IEnumerable<IBlock> Create(TrainingCourse course)
    {
        double[] epochs = [.. course.Epochs.Select(e => (double)e.Epoch)];
        yield return new Heading($"Over training: {ReportFormat.Count(course.N)} {course.Set} images");
        yield return new Paragraph(
            "The same images after every epoch, without augmentation, under PGD-10 with cross-entropy whatever the objective. Lines are medians, "
                + "bands extend from the lowest to the highest decile.");
        yield return QuantileFigure("weight", "1 − q_y, the weight that ARoW gives to an image.", "1 − q_y", e => e.Weight, 1);
        yield return QuantileFigure("kl", "KL(p ‖ q), in nats.", "KL(p ‖ q), nats", e => e.Kl, 2);
        yield return new SvgFigure($"{course.Set}-groups", "Share of the images in each group.", LineChart.RenderSvg(
            "Groups over training", "share of the images", epochs,
            [.. RobustnessGroups.All.Select((g, i) =>
                new Line(RobustnessGroups.Name(g), [.. course.Epochs.Select(e => (double?)e.Groups[i] / course.N)], i))],
            shares: true));
        yield return new SvgFigure($"{course.Set}-bound", "The risks and their bounds.", Bounds(course.Epochs));
        yield return new Table(
            ["epoch", "R_nat", "R_rob", "ARoW's", "smooth", "TRADES'", "mean 1 − q_y", "mean KL", "moved up", "moved down"],
            [
                .. course.Epochs.Select((e, i) => (IReadOnlyList<string>)
                [
                    $"{e.Epoch}", .. ((Estimate[])[e.Bound.Natural, e.Bound.Robust, e.Bound.Arow, e.Bound.Smooth, e.Bound.Trades])
                        .Select(b => ReportFormat.Percent(b.Value)),
                    Format(e.Weight.Mean), Format(e.Kl.Mean),
                    i == 0 ? "" : ReportFormat.Count(course.Moves[i - 1].Up), i == 0 ? "" : ReportFormat.Count(course.Moves[i - 1].Down),
                ]),
            ]);
        yield return new Paragraph(
            $"How images moved from epoch {course.Whole.From} (rows) to epoch {course.Whole.To} (columns): {ReportFormat.Count(course.Whole.Up)} "
                + $"into a more robust group, {ReportFormat.Count(course.Whole.Down)} into a less robust one.");
        yield return new Table(
            [$"epoch {course.Whole.From}", .. RobustnessGroups.All.Select(RobustnessGroups.Name)],
            [.. RobustnessGroups.All.Zip(course.Whole.Counts, (g, row) =>
                (IReadOnlyList<string>)[RobustnessGroups.Name(g), .. row.Select(n => ReportFormat.Count(n))])]);

        SvgFigure QuantileFigure(string name, string caption, string axis, Func<EpochWeights, Distribution> selector, int colour) => new(
            $"{course.Set}-{name}", caption, LineChart.RenderSvg(
                caption, axis, epochs,
                [
                    new Line("median", [.. course.Epochs.Select(e => (double?)selector(e).Quantiles[2])],
                        colour) { Band = [.. course.Epochs.Select(e => new Interval(selector(e).Quantiles[0], selector(e).Quantiles[^1]))] },
                    new Line("mean", [.. course.Epochs.Select(e => (double?)selector(e).Mean)], colour, Dashed: true),
                ], shares: false));
    }

    /// <summary>Draws risks and bounds over epochs.</summary>
    private static string Bounds(IReadOnlyList<EpochWeights> epochs)
    {
        (string Name, Func<RiskBound, Estimate> Of)[] lines =
            [("R_nat", b => b.Natural), ("R_rob", b => b.Robust), ("ARoW's bound", b => b.Arow), ("its smooth form", b => b.Smooth),
                ("TRADES' bound", b => b.Trades)];
        return LineChart.RenderSvg(
            "The risks and their bounds over training", "share of the images", [.. epochs.Select(e => (double)e.Epoch)],
            [.. lines.Select((l, i) => new Line(l.Name, [.. epochs.Select(e => (double?)l.Of(e.Bound).Value)], i, Dashed: i >= 3))], shares: true);
    }

    private static string Format(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
