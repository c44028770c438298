using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>Warnings that precede the numbers of every evaluation.</summary>
internal static class Stamps
{
    public static IEnumerable<Stamp> Of(EvaluationSummary summary, IReadOnlyList<SampleResult> rows)
    {
        if (Selection(summary.Subject.SelectedOn) is { } selection) yield return new Stamp(selection);
        var places = rows.Count == 0 ? 0 : rows.Max(r => r.Index) + 1;
        if (places > summary.N)
        {
            yield return new Stamp(
                $"LIMITED SAMPLES: measured on {Wording.Count(summary.N)} test images drawn by seed {summary.Subject.Seed}, "
                + $"from at least {Wording.Count(places)}. The intervals show how far this may be from the whole set.");
        }
        if (summary.EndedEarly is { } early) yield return new Stamp($"ENDED EARLY: {early}");
        foreach (var finding in summary.Findings ?? [])
        {
            if (finding.Level == FindingLevel.Warning) yield return new Stamp($"DOUBTFUL ({finding.Check}): {finding.Says}");
        }
        if (summary.Attacks.Count == 0) yield return new Stamp("NO ATTACK WAS RUN: the robust accuracy is the clean accuracy.");
    }

    /// <summary>Returns the warning for a kind of weight selection; null for none.</summary>
    public static string? Selection(string? selectedOn) => selectedOn switch
    {
        "test" => "SELECTED ON TEST DATA: the epoch was selected by accuracy on test images, as published code does. "
            + "The accuracies are too high by an unknown amount.",
        "validation" or "last" => null,
        null => "SELECTION UNKNOWN: the file of the weights does not contain the data of their selection.",
        _ => $"SELECTED ON {selectedOn.ToUpperInvariant()}.",
    };
}
