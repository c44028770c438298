using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>An evaluation, told to people.</summary>
public static class EvaluationReport
{
    /// <summary>The report.</summary>
    /// <param name="summary">The numbers.</param>
    /// <param name="rows">The rows they come from; may be empty, and then what only they tell is left out.</param>
    /// <param name="examples">Adversarial images, if any were drawn.</param>
    public static Report Of(EvaluationSummary summary, IReadOnlyList<SampleResult> rows, PngFigure? examples = null) => new(
        $"How robust is {summary.Subject.Model} on {summary.Subject.Dataset}?",
        [
            .. Body(summary, rows, examples),
            new Heading("What was measured"), Subject(summary),
            new Heading("Versions and machine"), Wording.Provenance(summary.Provenance),
        ]);

    /// <summary>The evaluation of a folder.</summary>
    /// <exception cref="InputException">It holds none.</exception>
    public static Report Read(EvaluationFolder folder, PngFigure? examples = null) =>
        Of(EvaluationSummary.Read(folder.Summary), folder.ReadRows(), examples);

    /// <summary>Stamps, accuracies, classes and examples: what other reports take in too.</summary>
    internal static IEnumerable<IBlock> Body(EvaluationSummary summary, IReadOnlyList<SampleResult> rows, PngFigure? examples)
    {
        foreach (var stamp in Stamps.Of(summary, rows)) yield return stamp;
        var threat = Wording.Threat(summary.Subject);
        yield return new Paragraph(
            $"Of {Wording.Count(summary.N)} test images {Wording.Percent(summary.CleanAccuracy)} are classified rightly as they are (clean accuracy). "
            + (summary.Attacks.Count == 0 ? "" :
                $"{Wording.Percent(summary.RobustAccuracy)} stay right under every attack run here on perturbations of {threat} (robust accuracy). "
                + "That is an upper bound: a stronger attack can only lower it. ")
            + "Each interval would cover the true value in 95 of 100 repetitions with other test images (Wilson).");

        var stages = Stages(summary);
        yield return new SvgFigure("attacks", "Accuracy left after each attack, with 95 % intervals; each attack tries what those before it left standing.",
            BarChart.Svg("Accuracy left after each attack", ["accuracy"], [.. stages.Select(s => new BarGroup(s.Name, [s.Left]))]));
        yield return new Table(
            ["attack", "accuracy after it", "95 % interval", "images tried", "broken", "seconds"],
            [.. stages.Select(s => (IReadOnlyList<string>)[s.Name, Wording.Percent(s.Left.Value), Wording.Percent(s.Left.Interval), s.Tried, s.Broken, s.Seconds])]);

        if (examples is not null)
        {
            yield return new Heading("Adversarial images");
            yield return examples;
        }

        yield return new Heading("Class by class");
        yield return new Paragraph("Clean and robust accuracy of each class, over that class's images alone.");
        ClassSummary[] present = [.. summary.Classes.Where(c => c.N > 0)];
        const int MostBars = 25;
        if (present.Length <= MostBars)
        {
            yield return new SvgFigure("classes", "Clean and robust accuracy of each class, with 95 % intervals.",
                BarChart.Svg("Accuracy of each class", ["clean", "robust"], [.. present.Select(c => new BarGroup(
                    c.Name, [Wording.Measured(c.CleanAccuracy, c.N), Wording.Measured(c.RobustAccuracy, c.N)]))]));
        }
        yield return new Table(
            ["class", "images", "clean accuracy", "robust accuracy"],
            [.. present.Select(c => (IReadOnlyList<string>)[c.Name, Wording.Count(c.N), Wording.Percent(c.CleanAccuracy), Wording.Percent(c.RobustAccuracy)])]);

        foreach (var block in Confusions(summary, rows)) yield return block;
    }

    private sealed record Stage(string Name, Measured Left, string Tried, string Broken, string Seconds);

    private static List<Stage> Stages(EvaluationSummary summary)
    {
        var n = summary.N;
        var clean = new Stage(
            "none (clean)", Wording.Measured(summary.CleanAccuracy, n), Wording.Count(n),
            Wording.Count((long)Math.Round((1 - summary.CleanAccuracy) * n)), "");
        return [clean, .. summary.Attacks.Select(a => new Stage(
            a.Name, Wording.Measured(a.Accuracy, n), Wording.Count(a.Attacked), Wording.Count(a.Broken), Wording.Seconds(a.Seconds)))];
    }

    private static IEnumerable<IBlock> Confusions(EvaluationSummary summary, IReadOnlyList<SampleResult> rows)
    {
        const int Most = 8;
        var turned = rows.Where(r => !r.Robust && r.Clean == r.Label)
            .GroupBy(r => (r.Label, r.Adversarial))
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Take(Most).ToList();
        if (turned.Count == 0) yield break;
        yield return new Heading("What attacks turn images into");
        yield return new Paragraph("The commonest turns among images that are right until attacked.");
        yield return new Table(["class", "taken for", "images"],
            [.. turned.Select(g => (IReadOnlyList<string>)[Name(g.Key.Label), Name(g.Key.Adversarial), Wording.Count(g.Count())])], Numbers: false);

        string Name(long k) => k < summary.Classes.Count ? summary.Classes[(int)k].Name : $"{k}";
    }

    private static Table Subject(EvaluationSummary summary)
    {
        var s = summary.Subject;
        return new Table(["what", "value"],
        [
            ["model", s.Model],
            ["trained with", s.Objective ?? "unknown"],
            ["selected on", s.SelectedOn ?? "unknown"],
            ["weights", s.Weights],
            ["SHA-256 of the weights", s.WeightsSha256],
            ["data", $"{s.Dataset}, {Wording.Count(summary.N)} test images"],
            ["perturbations", $"{Wording.Threat(s)} on pixels in [0, 1]; measured again in float64 for every image"],
            ["attacks, in order", summary.Attacks.Count == 0 ? "none" : string.Join(", ", summary.Attacks.Select(a => a.Name))],
            ["seed", $"{s.Seed}"],
            ["a row for each image", summary.Rows],
        ], Numbers: false);
    }
}
