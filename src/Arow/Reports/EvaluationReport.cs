using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>Report of an evaluation.</summary>
internal static class EvaluationReport
{
    /// <summary>Creates the report.</summary>
    /// <param name="summary">The numbers.</param>
    /// <param name="rows">The rows of the evaluation; if empty, sections that need rows are omitted.</param>
    /// <param name="examples">Adversarial images, if any were drawn.</param>
    public static Report Create(EvaluationSummary summary, IReadOnlyList<SampleResult> rows, PngFigure? examples = null) => new(
        $"How robust is {SubjectNames.Model(summary.Subject)} on {SubjectNames.Data(summary.Subject)}?",
        [
            .. Body(summary, rows, examples),
            new Heading("What was measured"), Subject(summary),
            new Heading("Versions and machine"), ReportFormat.Provenance(summary.Provenance),
        ]);

    /// <summary>Creates the report of the evaluation in a folder.</summary>
    /// <exception cref="InputException">The folder contains no evaluation.</exception>
    public static Report FromFolder(EvaluationFolder folder, PngFigure? examples = null)
    {
        var (summary, rows) = folder.Read();
        return Create(summary, rows, examples);
    }

    /// <summary>Returns the part that other reports include: warnings, accuracies, classes and examples.</summary>
    internal static IEnumerable<IBlock> Body(EvaluationSummary summary, IReadOnlyList<SampleResult> rows, PngFigure? examples)
    {
        foreach (var stamp in EvaluationBanners.Create(summary, rows)) yield return stamp;
        var threat = ReportFormat.Threat(summary.Subject);
        yield return new Paragraph(
            $"Of {ReportFormat.Count(summary.N)} test images {ReportFormat.Percent(summary.CleanAccuracy)} are classified correctly without an attack (clean accuracy). "
            + (summary.Attacks.Count == 0 ? "" :
                $"{ReportFormat.Percent(summary.RobustAccuracy)} stay correct under every attack run here{ProtocolSuffix(summary)} on perturbations of {threat} (robust accuracy). "
                + "That is an upper bound: a stronger attack can only lower it. ")
            + "Each interval would cover the true value in 95 of 100 repetitions with other test images (Wilson).");

        var stages = Stages(summary);
        var balanced = summary.BalancedCleanAccuracy is not null;
        yield return new SvgFigure("attacks",
            "Accuracy left after each attack, with 95 % intervals; each attack runs on the images that are still robust.",
            BarChart.RenderSvg("Accuracy left after each attack", ["accuracy"], [.. stages.Select(s => new BarGroup(s.Name, [s.Accuracy]))]));
        yield return new Table(
            ["attack", "accuracy after it", "95 % interval", .. balanced ? (string[])["balanced accuracy", "95 % interval"] : [], "alone",
                "images attacked", "broken", "seconds"],
            [.. stages.Select(s => (IReadOnlyList<string>)[s.Name, ReportFormat.Percent(s.Accuracy.Value), ReportFormat.Percent(s.Accuracy.Interval),
                .. balanced ? s.Balanced : [], s.Alone, s.Attacked, s.Broken, s.Seconds])]);
        if (balanced)
        {
            yield return new Paragraph(
                $"Balanced accuracy is the mean over {DescribePresentClasses(summary)} of the accuracy within a class: a model that assigns one class to every image gets {ReportFormat.Percent(1.0 / summary.ClassesPresent)}, however common that class is. "
                + "Its interval combines the Wilson intervals of the classes (Zou, Huang and Zhang 2009).");
        }
        if (summary.Attacks.Count > 1)
        {
            yield return new Paragraph(
                "Accuracy after an attack is cumulative: an image counts only if neither this attack nor those before it broke it, so the last row is the pointwise worst case. "
                + "The accuracy under an attack alone is known only if it ran on every correctly classified image.");
        }
        if (summary.Quantized is { } q)
        {
            yield return new Paragraph(
                $"Rounded to 8 bits per pixel, inside the ball, {ReportFormat.Count(q.Survived)} of {ReportFormat.Count(q.Broken)} adversarial images remain misclassified: "
                + $"robust accuracy to such images {ReportFormat.Percent(q.RobustAccuracy)} "
                + $"({ReportFormat.Percent(new Interval(q.RobustInterval[0], q.RobustInterval[1]))}).");
        }

        foreach (var block in Findings(summary)) yield return block;

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
                BarChart.RenderSvg("Accuracy of each class", ["clean", "robust"], [.. present.Select(c => new BarGroup(
                    c.Name, [ReportFormat.WithInterval(c.CleanAccuracy, c.N), ReportFormat.WithInterval(c.RobustAccuracy, c.N)]))]));
        }
        yield return new Table(
            ["class", "images", "clean accuracy", "robust accuracy", "95 % interval"],
            [.. present.Select(c => (IReadOnlyList<string>)[c.Name, ReportFormat.Count(c.N), ReportFormat.Percent(c.CleanAccuracy),
                ReportFormat.Percent(c.RobustAccuracy), ReportFormat.Percent(ReportFormat.WithInterval(c.RobustAccuracy, c.N).Interval)])]);

        if (rows.Count > 0)
        {
            string[] names = [.. summary.Classes.Select(c => c.Name)];
            var clean = ConfusionMatrix.Count(rows.Select(r => (r.Label, r.Clean)), names.Length);
            var attacked = ConfusionMatrix.Count(rows.Select(r => (r.Label, r.Adversarial)), clean.Size);
            foreach (var block in PredictionBlocks.Create(clean, summary.Attacks.Count > 0 ? attacked : null, names)) yield return block;
        }
        foreach (var block in MostFrequentErrors(summary, rows)) yield return block;
        if (summary.Calibration is { } calibration)
        {
            foreach (var block in PredictionBlocks.CreateCalibration(calibration, summary.N)) yield return block;
        }
    }

    private sealed record Stage(string Name, ShareEstimate Accuracy, string[] Balanced, string Alone, string Attacked, string Broken, string Seconds);

    private static string DescribePresentClasses(EvaluationSummary summary) => summary.ClassesPresent == summary.Classes.Count
        ? $"the {summary.Classes.Count} classes"
        : $"the {summary.ClassesPresent} of {summary.Classes.Count} classes that have images";

    private static string[] Balanced(double? accuracy, double[]? interval) =>
        accuracy is { } a && interval is [var low, var high] ? [ReportFormat.Percent(a), ReportFormat.Percent(new Interval(low, high))] : ["", ""];

    private static string ProtocolSuffix(EvaluationSummary summary) => summary.Subject.Protocol is { } protocol ? $" ({protocol})" : "";

    private static IEnumerable<IBlock> Findings(EvaluationSummary summary)
    {
        if (summary.Findings is not { } findings || summary.Attacks.Count == 0 && findings.Count == 0) yield break;
        yield return new Heading("Can the numbers be trusted?");
        if (findings.Count == 0)
        {
            yield return new Paragraph(
                "The checks of the model and of the results found no problem. This is not a proof: an attack designed for this model may find more.");
            yield break;
        }
        yield return new Table(["finding", "observation", "advice", "images"],
            [.. findings.Select(f =>
                (IReadOnlyList<string>)[$"{f.Check}{(f.Level == FindingLevel.Note ? " (note)" : "")}", f.Message, f.Advice, f.NamedSamples])],
            Numbers: false);
    }

    private static List<Stage> Stages(EvaluationSummary summary)
    {
        var n = summary.N;
        var clean = new Stage(
            "none (clean)", ReportFormat.WithInterval(summary.CleanAccuracy, n),
            Balanced(summary.BalancedCleanAccuracy, summary.BalancedCleanInterval), "", ReportFormat.Count(n),
            ReportFormat.Count((long)Math.Round((1 - summary.CleanAccuracy) * n)), "");
        return [clean, .. summary.Attacks.Select(a => new Stage(
            a.Name, ReportFormat.WithInterval(a.Accuracy, n), Balanced(a.BalancedAccuracy, a.BalancedInterval), a.AccuracyAlone is { } alone
                ? ReportFormat.Percent(alone) : "", ReportFormat.Count(a.Attacked), ReportFormat.Count(a.Broken), ReportFormat.Seconds(a.Seconds)))];
    }

    private static IEnumerable<IBlock> MostFrequentErrors(EvaluationSummary summary, IReadOnlyList<SampleResult> rows)
    {
        const int MaxRows = 8;
        var errors = rows.Where(r => !r.Robust && r.Clean == r.Label)
            .GroupBy(r => (r.Label, r.Adversarial))
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Take(MaxRows).ToList();
        if (errors.Count == 0) yield break;
        yield return new Heading("Misclassifications under attack");
        yield return new Paragraph("The most frequent ones among images that are correct without an attack.");
        yield return new Table(["class", "predicted", "images"],
            [.. errors.Select(g => (IReadOnlyList<string>)[Name(g.Key.Label), Name(g.Key.Adversarial), ReportFormat.Count(g.Count())])],
            Numbers: false);

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
            ["data", $"{s.Dataset}, {ReportFormat.Count(summary.N)} test images"],
            .. s.DataDir is { } folder ? (string[][])[["data folder", folder]] : [],
            ["perturbations", $"{ReportFormat.Threat(s)} on pixels in [0, 1]; verified in float64 for every image"],
            ["attacks, in order", summary.Attacks.Count == 0 ? "none" : string.Join(", ", summary.Attacks.Select(a => a.Name))],
            ["protocol", s.Protocol ?? "unknown"],
            ["seed", $"{s.Seed}"],
            ["randomness", s.Randomness == "published" ? $"as published code draws it, in batches of {s.BatchSize}" : "keyed by image"],
            ["attacks use", s.Precision == "fast" ? "the network in float32 with folded constants; the network itself verifies the results"
                : "the model itself"],
            .. (s.Options ?? new Dictionary<string, string>()).Select(o => (string[])[o.Key, o.Value]),
            ["a row for each image", summary.Rows],
        ], Numbers: false);
    }
}
