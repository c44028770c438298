using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>One of several compared models.</summary>
/// <param name="Name">Name in the report.</param>
/// <param name="Summary">Evaluation of the model.</param>
/// <param name="Examples">Adversarial images, if any were drawn.</param>
internal sealed record ComparedModel(string Name, EvaluationSummary Summary, PngFigure? Examples = null);

/// <summary>Report that compares several models.</summary>
internal static class ComparisonReport
{
    /// <summary>Creates the report.</summary>
    /// <param name="title">Title of the report.</param>
    /// <param name="models">At least one, in the order of the table.</param>
    public static Report Create(string title, IReadOnlyList<ComparedModel> models)
    {
        var first = models[0].Summary;
        return new Report(title,
        [
            .. CreateBanners(models),
            new Paragraph(
                $"{ReportFormat.Count(first.N)} test images of {first.Subject.Dataset}; perturbations of {ReportFormat.Threat(first.Subject)}. "
                + "Clean accuracy is the share of images classified correctly without an attack; robust accuracy is the share that stays correct under every attack run here, "
                + "an upper bound that a stronger attack can only lower."),
            CreateTable(models),
            new Paragraph("Each interval would cover the true value in 95 of 100 repetitions with other test images (Wilson); it does not cover "
                + "other seeds of training."),
            new SvgFigure("models", "Clean and robust accuracy of each model, with 95 % intervals.",
                BarChart.RenderSvg(title, ["clean", "robust"], [.. models.Select(m => new BarGroup(m.Name, [Clean(m.Summary), Robust(m.Summary)]))])),
            .. models.Where(m => m.Examples is not null).SelectMany(m => (IBlock[])[new Heading($"Adversarial images: {m.Name}"), m.Examples!]),
            new Heading("What was measured"),
            new Table(["name", "model", "trained with", "selected on", "attacks", "seed", "SHA-256 of the weights"],
                [.. models.Select(m => (IReadOnlyList<string>)[m.Name, m.Summary.Subject.Model, m.Summary.Subject.Objective ?? "unknown",
                    m.Summary.Subject.SelectedOn ?? "unknown", AttackNames(m), $"{m.Summary.Subject.Seed}", m.Summary.Subject.WeightsSha256])],
                Numbers: false),
            new Heading("Versions and machine"), ReportFormat.Provenance(first.Provenance),
        ]);
    }

    /// <summary>Creates only the table: a row per model, accuracies with their intervals.</summary>
    public static Table CreateTable(IReadOnlyList<ComparedModel> models) => new(
        ["model", "clean accuracy", "95 % interval", "robust accuracy", "95 % interval"],
        [
            .. models.Select(m => (IReadOnlyList<string>)
            [
                m.Name,
                ReportFormat.Percent(m.Summary.CleanAccuracy), ReportFormat.Percent(Clean(m.Summary).Interval),
                ReportFormat.Percent(m.Summary.RobustAccuracy), ReportFormat.Percent(Robust(m.Summary).Interval),
            ]),
        ])
    { HighestIsBest = [1, 3] };

    private static IEnumerable<Banner> CreateBanners(IReadOnlyList<ComparedModel> models)
    {
        var measured = models.Select(m => (
            m.Summary.N, m.Summary.Subject.Dataset, m.Summary.Subject.Norm, m.Summary.Subject.Epsilon, m.Summary.Subject.Seed,
            Attacks: AttackNames(m)));
        if (measured.Distinct().Count() > 1)
            yield return new Banner("DIFFERENT EVALUATIONS: data, number of images, perturbations, attacks or seeds differ between these models.");
        foreach (var group in models.GroupBy(m => EvaluationBanners.DescribeSelection(m.Summary.Subject.SelectedOn)).Where(g => g.Key is not null))
        {
            var who = group.Count() == models.Count ? "" : $"{string.Join(", ", group.Select(m => m.Name))}: ";
            yield return new Banner(who + group.Key);
        }
    }

    private static string AttackNames(ComparedModel model) => string.Join(", ", model.Summary.Attacks.Select(a => a.Name));

    private static ShareEstimate Clean(EvaluationSummary summary) => ReportFormat.WithInterval(summary.CleanAccuracy, summary.N);

    private static ShareEstimate Robust(EvaluationSummary summary) => ReportFormat.WithInterval(summary.RobustAccuracy, summary.N);
}
