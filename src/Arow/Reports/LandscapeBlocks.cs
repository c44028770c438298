using Arow.Analysis;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>Report section on the neighbourhood of the images: curves and the loss surface.</summary>
internal static class LandscapeBlocks
{
    public static IEnumerable<IBlock> Create(AnalysisSummary s, LossSurface? surface)
    {
        yield return new Heading("Accuracy against the size of perturbations");
        yield return new Paragraph(
            $"On {ReportFormat.Count(s.CurveImages)} of the images, {s.Attack} at each ε, smallest first; an image that is broken at some ε counts as broken at every larger one. "
            + "A curve that does not fall to zero at very large ε shows that the attack fails, not that the model is robust.");
        // By convention, ε of byte pixels is given in bytes.
        var bytes = s.Model.Subject.Epsilon.EndsWith("/255", StringComparison.Ordinal);
        yield return Curve("epsilon", "Accuracy against ε, with 95 % intervals.", s, m => m.Epsilons, v =>
            bytes ? Math.Round(255 * v, 6) : v, bytes ? "ε · 255" : "ε");
        yield return Table("ε", s, m => m.Epsilons);

        if (s.Model.Steps.Count > 0)
        {
            yield return new Heading("Accuracy against steps of the attack");
            yield return new Paragraph(
                $"The same images under {s.StepsOf} with other numbers of steps, each independently. If more steps keep breaking more images, the "
                    + "attack above is too short.");
            yield return Curve("steps", "Accuracy against steps, with 95 % intervals.", s, m => m.Steps, v => v, "steps");
            yield return Table("steps", s, m => m.Steps);
        }
        if (surface is null) yield break;
        yield return new Heading("The loss around the images");
        yield return Surface(s, surface);
    }

    private static SvgFigure Curve(
        string name, string caption, AnalysisSummary s, Func<ModelFindings, IReadOnlyList<CurvePoint>> points, Func<double, double> place,
        string axis) => new(
        name, caption, LineChart.RenderSvg(caption, "accuracy", [.. points(s.Model).Select(p => place(p.Value))],
            [.. AnalysisReport.Models(s).Select((m, i) => new Line(m.Name, [.. points(m.Model).Select(p => (double?)p.Accuracy.Value)], i)
            {
                Band = [.. points(m.Model).Select(p => new Interval(p.Accuracy.Interval[0], p.Accuracy.Interval[1]))],
            })], shares: true, axis: axis));

    private static Table Table(string what, AnalysisSummary s, Func<ModelFindings, IReadOnlyList<CurvePoint>> points) => new(
        [what, .. AnalysisReport.Models(s).SelectMany(m => (string[])[m.Name, "95 % interval"])],
        [.. points(s.Model).Select((p, i) => (IReadOnlyList<string>)
            [p.At, .. AnalysisReport.Models(s).Select(m => points(m.Model)[i].Accuracy)
                .SelectMany(a => (string[])[ReportFormat.Percent(a.Value), ReportFormat.Percent(new Interval(a.Interval[0], a.Interval[1]))])])]);

    private static SvgFigure Surface(AnalysisSummary s, LossSurface surface)
    {
        var names = s.Model.Classes.Classes.Select(k => k.Name).ToList();
        var panels = surface.Images.Select(image => new HeatPanel(
            $"{image.Index} {names[(int)image.Label]}", image.Loss, [.. image.Class.Select(column => column.Select(k => names[(int)k]).ToArray())]));
        return new SvgFigure("surface",
            $"Cross-entropy at x + a δ + b r, the mean over {surface.N} images and some images by number and class, from the less to the more robust: "
            + "a goes along the attack's perturbation δ (x in the middle, the adversarial image in the middle of the right side), b along a random "
            + "perturbation r of norm ε. Each panel has its own scale, in nats; orange lines are where the prediction changes.",
            HeatMap.RenderSvg("The loss around the images", [new HeatPanel($"mean of {surface.N}", surface.Mean), .. panels],
                new HeatAxis("a", "a, along the attack", surface.Coordinates), new HeatAxis("b", "b, at random", surface.Coordinates)));
    }
}
