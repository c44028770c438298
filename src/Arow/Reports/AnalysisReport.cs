using System.Globalization;
using Arow.Analysis;
using Arow.Data;
using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>Report of an analysis.</summary>
internal static class AnalysisReport
{
    private const int MaxBars = 25;

    /// <summary>Creates the report.</summary>
    /// <param name="result">The analysis.</param>
    /// <param name="images">The analysed images, for the pictures; null for none.</param>
    public static Report Create(AnalysisResult result, ImageSet? images)
    {
        var s = result.Summary;
        return new Report($"Where {s.Model.Subject.Model} is robust on {s.Model.Subject.Dataset}, and where it is not",
        [
            .. CreateBanners(s, result.Rows),
            Opening(s),
            .. s.Remarks.Select(remark => new Paragraph(remark)),
            .. Groups(s),
            .. s.Comparison is { } comparison ? Comparison(s, comparison) : [],
            .. images is null ? [] : Pictures(images, result.Rows),
            .. Bound(s),
            .. Classes(s, result.Rows),
            .. s.Model.Epsilons.Count > 0 ? LandscapeBlocks.Create(s, result.Surface) : [],
            .. s.Training.SelectMany(course => TrainingCurveBlocks.Create(course)),
            new Heading("What was measured"), Subject(s),
            new Heading("Versions and machine"), ReportFormat.Provenance(s.Provenance),
        ]);
    }

    private static IEnumerable<IBlock> CreateBanners(AnalysisSummary s, IReadOnlyList<AttackedImage> rows)
    {
        foreach (var (name, model) in Models(s))
        {
            if (EvaluationBanners.DescribeSelection(model.Subject.SelectedOn) is { } selection) yield return new Banner(s.Against is null ? selection
                : $"{name}: {selection}");
        }
        if (s.Split == "train")
            yield return new Banner("TRAINING IMAGES: they show where a model is weak, not its accuracy on unseen images.");
        var places = rows.Max(r => r.Index) + 1;
        if (places > s.N)
        {
            yield return new Banner(
                $"LIMITED SAMPLES: {ReportFormat.Count(s.N)} images drawn by seed {s.Model.Subject.Seed}, from at least "
                    + $"{ReportFormat.Count(places)}.");
        }
    }

    private static Paragraph Opening(AnalysisSummary s)
    {
        var (n, b) = (s.N, s.Model.Bound);
        return new Paragraph(
            $"Every one of {ReportFormat.Count(n)} {ImageKind(s)} was attacked by {s.Attack} with perturbations of {ReportFormat.Threat(s.Model.Subject)}. "
            + $"{ReportFormat.Percent(1 - b.Natural.Value)} are correct without an attack, {ReportFormat.Percent(1 - b.Robust.Value)} under attack. "
            + string.Concat(Models(s).Select(m => m.Model.Classes is { BalancedClean: { } clean, BalancedRobust: { } robust }
                ? $"Some classes are much more common than others: the mean over the classes{(s.Against is null ? "" : $" of {m.Name}")} (balanced "
                    + $"accuracy) is {ReportFormat.Percent(clean.Value)} ({ReportFormat.Percent(Create(clean).Interval)}) without an attack, "
                    + $"{ReportFormat.Percent(robust.Value)} ({ReportFormat.Percent(Create(robust).Interval)}) under attack. " : ""))
            + "q_y is the probability that the model gives to the true class of the attacked image: the lower, the less robust the image. "
            + "Intervals cover the true value in 95 of 100 repetitions with other images (Wilson for shares, normal for means).");
    }

    private static IEnumerable<IBlock> Groups(AnalysisSummary s)
    {
        yield return new Heading("Groups by robustness");
        var models = Models(s).ToList();
        yield return new SvgFigure("groups", "Share of the images in each group, with 95 % intervals.", BarChart.RenderSvg(
            "Groups by robustness", [.. models.Select(m => m.Name)],
            [.. s.Model.Groups.Select((g, i) =>
                new BarGroup(RobustnessGroups.Name(g.Group), [.. models.Select(m => Create(m.Model.Groups[i].Share))]))]));
        if (s.Against is not null)
        {
            yield return new Paragraph(
                "The groups of two models are not on the same scale: q_y also reflects a model's confidence, and label smoothing lowers it on robust images too. "
                + "Accuracy under attack compares models; the groups show which images it comes from.");
        }
        yield return new Table(
            [s.Against is null ? "group" : "group by A", "images", "share", "95 % interval", "correct without an attack", "correct under attack"],
            [.. s.Model.Groups.Select(g =>
                (IReadOnlyList<string>)[$"{RobustnessGroups.Name(g.Group)} ({RobustnessGroups.Range(g.Group)})", ReportFormat.Count(g.N),
                    ReportFormat.Percent(g.Share.Value), ReportFormat.Percent(Create(g.Share).Interval), ReportFormat.Count(g.Right),
                    ReportFormat.Count(g.Robust)])]);
    }

    private static IEnumerable<IBlock> Comparison(AnalysisSummary s, GroupComparison c)
    {
        yield return new Heading("Against the other model");
        yield return new Paragraph(
            $"A is {DescribeModel(s.Model)}, B is {DescribeModel(s.Against!)}, both under the same attack on the same images, each on its own gradients. "
            + "Images are grouped by A. B wins an image that is correct under attack with B and wrong with A, and loses in the opposite case.");
        yield return Outcomes(c.ByFirst, "A", "B");
        yield return new Paragraph(
            "The grouping model fails on nearly all of the least robust images, so the other model can almost only win there, even by chance. "
            + "The same images grouped by B show the size of this effect: if B gains on the least robust images of A and A gains as much on those "
            + "of B, neither is better on hard images.");
        yield return Outcomes(c.BySecond, "B", "A");
        yield return new Paragraph(DescribeDifference("Under attack", c.Robust) + " " + DescribeDifference("Without an attack", c.Clean));

        static Table Outcomes(IReadOnlyList<GroupOutcome> outcomes, string grouping, string other) => new(
            [$"grouped by {grouping}", "images", $"{grouping} correct", $"{other} correct", $"{other} wins", $"{other} loses", "wins minus losses"],
            [
                .. outcomes.Select(g => (IReadOnlyList<string>)[RobustnessGroups.Name(g.Group), ReportFormat.Count(g.N), ReportFormat.Count(g.First),
                    ReportFormat.Count(g.Second), ReportFormat.Count(g.Wins), ReportFormat.Count(g.Losses), FormatSigned(g.Wins - g.Losses)]),
                ["all", ReportFormat.Count(outcomes.Sum(g => g.N)), ReportFormat.Count(outcomes.Sum(g => g.First)),
                    ReportFormat.Count(outcomes.Sum(g => g.Second)), ReportFormat.Count(outcomes.Sum(g => g.Wins)),
                    ReportFormat.Count(outcomes.Sum(g => g.Losses)), FormatSigned(outcomes.Sum(g => g.Wins - g.Losses))],
            ]);
    }

    private static string DescribeDifference(string how, PairedCounts c) =>
        $"{how}, B is correct on {c.OnlySecond} images that A gets wrong and wrong on {c.OnlyFirst} that A gets correct: B minus A "
            + $"{ReportFormat.Difference(c.Difference, c.Interval[0], c.Interval[1])}; McNemar's exact test, {ReportFormat.PEquals(c.PValue)}).";

    private static IEnumerable<IBlock> Pictures(ImageSet images, IReadOnlyList<AttackedImage> rows)
    {
        yield return new Heading("The images of each group");
        foreach (var group in RobustnessGroups.All)
        {
            if (GroupSheet.Render(images, rows, group) is { } sheet) yield return sheet;
        }
    }

    private static IEnumerable<IBlock> Bound(AnalysisSummary s)
    {
        yield return new Heading("Why it works: the bound");
        yield return new Paragraph(
            "R_rob ≤ ARoW's bound ≤ its smooth form, and ARoW's bound ≤ TRADES' bound. z is a point of the ball at which the prediction differs from F(x), if the attack found one: "
            + "the adversarial image if x is correct; otherwise the result of the same attack on the prediction F(x). "
            + "On these images and under this attack the inequalities hold exactly, image by image; this was checked.");
        yield return new Table(
            ["risk", .. Models(s).SelectMany(m => (string[])[m.Name, "95 % interval"])],
            [
                Line("R_nat = share of F(x) ≠ y", b => b.Natural), Line($"R_rob under {s.Attack}", b => b.Robust),
                Line("ARoW's bound = R_nat + mean of 1{F(x) ≠ F(z)} · 1{q_y(z) ≤ 1/2}", b => b.Arow),
                Line("its smooth form = R_nat + mean of 1{F(x) ≠ F(z)} · 2(1 − q_y(z))", b => b.Smooth),
                Line("TRADES' bound = R_nat + mean of 1{F(x) ≠ F(z)}", b => b.Trades),
            ]);
        foreach (var (name, model) in Models(s))
        {
            var b = model.Bound;
            yield return new Paragraph(
                $"{(s.Against is null ? "Where" : $"{name}: where")} x is correct, a changed prediction is a robust error that both bounds count once: they are exact. "
                + $"The excess over R_rob consists of clean errors whose prediction changes: {ReportFormat.Count(b.WrongAndMoved)} in TRADES' bound, "
                + $"of which ARoW's counts the {ReportFormat.Count(b.WrongAndDoubted)} whose true class has at most half of the probability at z.");
        }

        IReadOnlyList<string> Line(string what, Func<RiskBound, Estimate> of) =>
            [what, .. Models(s).SelectMany(m =>
                (string[])[ReportFormat.Percent(of(m.Model.Bound).Value), ReportFormat.Percent(Create(of(m.Model.Bound)).Interval)])];
    }

    private static IEnumerable<IBlock> Classes(AnalysisSummary s, IReadOnlyList<AttackedImage> rows)
    {
        yield return new Heading("Class by class");
        var c = s.Model.Classes;
        yield return new Paragraph(
            string.Join(' ', Models(s)
                .Select(m => $"{(s.Against is null ? "The" : $"{m.Name}: the")} worst class is {m.Model.Classes.WorstClean} without an attack, {m.Model.Classes.WorstRobust} under attack; the standard deviation over classes "
                + $"{FormatPoints(m.Model.Classes.CleanDeviation)} points without an attack, {FormatPoints(m.Model.Classes.RobustDeviation)} under "
                + "attack."))
            + (s.Against is null ? "" : " Chart and confusion are A's."));
        ClassSummary[] present = [.. c.Classes.Where(k => k.N > 0)];
        if (present.Length <= MaxBars)
        {
            yield return new SvgFigure("classes", "Clean and robust accuracy of each class, with 95 % intervals.", BarChart.RenderSvg(
                "Accuracy of each class", ["clean", "robust"],
                [.. present.Select(k => new BarGroup(k.Name,
                    [ReportFormat.WithInterval(k.CleanAccuracy, k.N), ReportFormat.WithInterval(k.RobustAccuracy, k.N)]))]));
        }
        yield return new Table(
            ["class", "images", "clean", "robust", "95 % interval", .. s.Against is null ? (string[])[] : ["B: clean", "B: robust"]],
            [
                .. c.Classes.Index().Where(k => k.Item.N > 0).Select(k => (IReadOnlyList<string>)
                [
                    k.Item.Name, ReportFormat.Count(k.Item.N), ReportFormat.Percent(k.Item.CleanAccuracy),
                    ReportFormat.Percent(k.Item.RobustAccuracy),
                    ReportFormat.Percent(ReportFormat.WithInterval(k.Item.RobustAccuracy, k.Item.N).Interval),
                    .. s.Against is { } b ? (string[])[ReportFormat.Percent(b.Classes.Classes[k.Index].CleanAccuracy),
                        ReportFormat.Percent(b.Classes.Classes[k.Index].RobustAccuracy)] : [],
                ]),
            ]);

        var clean = ConfusionMatrix.Count(rows.Select(r => (r.Label, r.Clean)), c.Classes.Count);
        foreach (var block in PredictionBlocks.Create(clean, new ConfusionMatrix(c.Confusion), [.. c.Classes.Select(k => k.Name)]))
            yield return block;
        yield return new Heading("Most frequent errors under attack");
        const int Most = 10;
        var turns = c.Confusion.SelectMany((row, k) => row.Select((n, l) => (From: k, To: l, N: n))).Where(t => t.From != t.To && t.N > 0)
            .OrderByDescending(t => t.N).ThenBy(t => t.From).ThenBy(t => t.To).Take(Most);
        yield return new Table(["class", "predicted", "images", "of the class"],
            [.. turns.Select(t => (IReadOnlyList<string>)[c.Classes[t.From].Name, c.Classes[t.To].Name, ReportFormat.Count(t.N),
                ReportFormat.Percent((double)t.N / c.Classes[t.From].N)])]);
    }

    private static Table Subject(AnalysisSummary s) => new(["what", "value"],
    [
        .. Models(s).SelectMany(m => (IReadOnlyList<string>[])
        [
            [m.Name, DescribeModel(m.Model)],
            ["weights", m.Model.Subject.Weights],
            ["SHA-256 of the weights", m.Model.Subject.WeightsSha256],
            ["selected on", m.Model.Subject.SelectedOn ?? "unknown"],
        ]),
        ["data", $"{s.Model.Subject.Dataset}, {ReportFormat.Count(s.N)} {ImageKind(s)}"],
        ["SHA-256 of the images", s.Model.Subject.DataSha256!],
        ["perturbations", $"{ReportFormat.Threat(s.Model.Subject)} on pixels in [0, 1]; verified in float64 for every image"],
        ["attack", s.Attack],
        ["seed", $"{s.Model.Subject.Seed}, randomness keyed by image"],
        ["a row for each image", s.Rows],
    ], Numbers: false);

    /// <summary>Returns the models with their names in charts and tables: A (trades) and B (arow), if the objectives are known.</summary>
    internal static IEnumerable<(string Name, ModelFindings Model)> Models(AnalysisSummary s)
    {
        return s.Against is { } other ? [(WithObjective("A", s.Model), s.Model), (WithObjective("B", other), other)] : [("model", s.Model)];

        static string WithObjective(string letter, ModelFindings m) => m.Subject.Objective is { } objective ? $"{letter} ({objective})" : letter;
    }

    private static string DescribeModel(ModelFindings m) =>
        m.Subject.Objective is { } objective ? $"{m.Subject.Model} trained with {objective}" : m.Subject.Model;

    private static string ImageKind(AnalysisSummary s) => s.Split == "train" ? "training images" : "test images";

    private static ShareEstimate Create(Estimate e) => new(e.Value, new Interval(e.Interval[0], e.Interval[1]));

    private static string FormatPoints(double deviation) => (100 * deviation).ToString("0.0", CultureInfo.InvariantCulture);

    private static string FormatSigned(int n) => n.ToString("+0;-0;0", CultureInfo.InvariantCulture);
}
