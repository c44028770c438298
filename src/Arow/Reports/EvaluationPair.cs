using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>Report on two evaluations of the same images.</summary>
/// <param name="A">One of them.</param>
/// <param name="B">The other.</param>
/// <param name="Differences">What else differs between them, in words.</param>
internal sealed record EvaluationPair(EvaluatedModel A, EvaluatedModel B, IReadOnlyList<string> Differences)
{
    /// <summary>Images that are correct without an attack.</summary>
    public PairedComparison Clean { get; } = PairedComparison.CompareClean(A.Rows, B.Rows);

    /// <summary>Images that are robust.</summary>
    public PairedComparison Robust { get; } = PairedComparison.CompareRobust(A.Rows, B.Rows);

    /// <summary>Creates the report.</summary>
    public Report CreateReport() => new("A against B on the same images",
    [
        .. Differences.Select(d => new Banner($"NOT EVALUATED ALIKE: {d}.")),
        new Table(["evaluation", "folder", "model", "trained with", "attacks", "perturbations"], [Describe("A", A), Describe("B", B)], Numbers: false)
        {
            Caption = "What is compared",
        },
        new SvgFigure("accuracy", "Accuracy with 95 % intervals.", BarChart.RenderSvg(
            "Accuracy of A and B", ["A", "B"],
            [
                new BarGroup("clean", [Share(A.Summary.CleanAccuracy), Share(B.Summary.CleanAccuracy)]),
                new BarGroup("robust", [Share(A.Summary.RobustAccuracy), Share(B.Summary.RobustAccuracy)]),
            ])),
        .. Blocks("Robust accuracy", Robust), .. Blocks("Clean accuracy", Clean),
        new Paragraph("Images are paired. The test is McNemar's exact one: it counts the images that only one of the two gets right. Intervals and p "
            + "are for these networks on other images; they say nothing about other seeds of training."),
        new Heading("Class by class"), Classes(),
        new Heading("Versions and machine"), ReportFormat.Provenance(A.Summary.Provenance),
    ]);

    /// <summary>States which is better, and whether by more than chance.</summary>
    public static string Describe(PairedComparison c)
    {
        var (low, high) = c.DifferenceInterval;
        var verdict = !c.Differ ? "They do not differ by more than chance" : c.Difference > 0 ? "A is better" : "B is better";
        return $"{verdict}: A minus B {ReportFormat.Difference(c.Difference, low, high)}), {ReportFormat.PEquals(c.PValue)}, n = {c.N}.";
    }

    private static IEnumerable<IBlock> Blocks(string heading, PairedComparison c)
    {
        yield return new Heading(heading);
        yield return new Paragraph(Describe(c));
        yield return new Table(["images", "B correct", "B wrong", "all"],
        [
            ["A correct", ReportFormat.Count(c.Both), ReportFormat.Count(c.OnlyFirst), ReportFormat.Count(c.FirstCount)],
            ["A wrong", ReportFormat.Count(c.OnlySecond), ReportFormat.Count(c.Neither), ReportFormat.Count(c.N - c.FirstCount)],
            ["all", ReportFormat.Count(c.SecondCount), ReportFormat.Count(c.N - c.SecondCount), ReportFormat.Count(c.N)],
        ])
        { IsFixedOrder = true };
    }

    private Table Classes() => new(["class", "images", "A: clean", "B: clean", "A: robust", "B: robust"],
    [
        .. A.Summary.Classes.Zip(B.Summary.Classes).Where(c => c.First.N > 0).Select(c => (IReadOnlyList<string>)
        [
            c.First.Name, ReportFormat.Count(c.First.N), ReportFormat.Percent(c.First.CleanAccuracy), ReportFormat.Percent(c.Second.CleanAccuracy),
            ReportFormat.Percent(c.First.RobustAccuracy), ReportFormat.Percent(c.Second.RobustAccuracy),
        ]),
    ]);

    private ShareEstimate Share(double accuracy) => ReportFormat.WithInterval(accuracy, A.Summary.N);

    private static string[] Describe(string letter, EvaluatedModel m)
    {
        var s = m.Summary.Subject;
        return [letter, m.Folder, SubjectNames.Model(s), s.Objective ?? "unknown", s.Protocol ?? string.Join(", ", m.Summary.Attacks.Select(a => a.Name)),
            ReportFormat.Threat(s)];
    }
}
