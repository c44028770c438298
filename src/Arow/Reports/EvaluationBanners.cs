using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>Warnings that precede the numbers of every evaluation.</summary>
internal static class EvaluationBanners
{
    public static IEnumerable<Banner> Create(EvaluationSummary summary, IReadOnlyList<SampleResult> rows)
    {
        if (DescribeSelection(summary.Subject.SelectedOn) is { } selection) yield return new Banner(selection);
        var places = rows.Count == 0 ? 0 : rows.Max(r => r.Index) + 1;
        if (places > summary.N)
        {
            yield return new Banner(
                $"LIMITED SAMPLES: measured on {ReportFormat.Count(summary.N)} test images drawn by seed {summary.Subject.Seed}, "
                + $"from at least {ReportFormat.Count(places)}. The intervals show how far this may be from the whole set.");
        }
        if (summary.EndedEarly is { } early) yield return new Banner($"ENDED EARLY: {early}");
        foreach (var finding in summary.Findings ?? [])
        {
            if (finding.Level == FindingLevel.Warning) yield return new Banner($"DOUBTFUL ({finding.Check}): {finding.Message}");
        }
        if (summary.Attacks.Count == 0) yield return new Banner("NO ATTACK WAS RUN: the robust accuracy is the clean accuracy.");
    }

    /// <summary>Returns the warning for a kind of weight selection; null for none.</summary>
    public static string? DescribeSelection(string? selectedOn) => selectedOn switch
    {
        "test" => "SELECTED ON TEST DATA: the epoch was selected by accuracy on test images, as published code does. "
            + "The accuracies are too high by an unknown amount.",
        "validation" or "last" => null,
        null => "SELECTION UNKNOWN: the file of the weights does not say which images selected them. If test images did, the accuracies are too high.",
        _ => $"SELECTED ON {selectedOn.ToUpperInvariant()}.",
    };
}
