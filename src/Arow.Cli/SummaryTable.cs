using System.Globalization;
using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Cli;

/// <summary>Prints the summary of an evaluation on standard output.</summary>
internal static class SummaryTable
{
    public static void Print(EvaluationSummary summary)
    {
        var alone = summary.Attacks.Skip(1).Any(a => a.AccuracyAlone is not null);
        string[] columns = ["attack", "accuracy", "95 % interval", .. alone ? (string[])["alone"] : [], "attacked", "broken", "seconds"];
        var rows = new List<string[]>();
        rows.Add([
            "clean", Percent(summary.CleanAccuracy, 2), Interval(summary.CleanInterval), .. alone ? (string[])[""] : [], $"{summary.N}",
            $"{Math.Round((1 - summary.CleanAccuracy) * summary.N)}", ""]);
        AddBalanced(summary.BalancedCleanAccuracy, summary.BalancedCleanInterval);
        foreach (var attack in summary.Attacks)
        {
            var robust = Confidence.Wilson((long)Math.Round(attack.Accuracy * summary.N), summary.N);
            rows.Add([
                attack.Name, Percent(attack.Accuracy, 2), Interval([robust.Low, robust.High]),
                .. alone ? (string[])[attack.AccuracyAlone is { } a ? Percent(a, 2) : ""] : [],
                $"{attack.Attacked}", $"{attack.Broken}", attack.Seconds.ToString("f1", CultureInfo.InvariantCulture)]);
            AddBalanced(attack.BalancedAccuracy, attack.BalancedInterval);
        }
        FittedTable.Write(columns, rows, ["seconds", "attacked", "broken", .. alone ? (string[])["alone"] : []]);
        var s = summary.Subject;
        Results.Write($"{s.Model} under {s.Protocol ?? "the attacks above"}; {s.Norm} {s.Epsilon}; {summary.N} test images of {s.Dataset}; rows "
            + $"in {summary.Rows}");
        if (summary.ClassesPresent < summary.Classes.Count)
            Results.Write($"Balanced accuracy is the mean over the {summary.ClassesPresent} of {summary.Classes.Count} classes that have "
                + "images.");
        if (summary.Quantized is { } q)
            Results.Write($"Rounded to 8 bits, {q.Survived} of {q.Broken} adversarial images still fool the model: robust accuracy "
                + $"{Percent(q.RobustAccuracy, 2)} ({Interval(q.RobustInterval)}).");
        if (summary.EndedEarly is { } early) Results.Write($"ENDED EARLY: {early}");
        if (s.SelectedOn == "test") Results.Write("These weights were SELECTED ON TEST DATA: the accuracies are too high by an unknown amount.");
        foreach (var finding in summary.Findings ?? [])
        {
            Results.Write($"{(finding.Level == FindingLevel.Warning ? "WARNING" : "note")} ({finding.Check}): {finding.Message} {finding.Advice}".TrimEnd());
            if (finding.Level == FindingLevel.Warning && finding.Samples.Count > 0) Results.Write($"  {finding.NamedSamples}");
        }

        // A row instead of two more columns, so that the table fits into 80 characters.
        void AddBalanced(double? accuracy, double[]? interval)
        {
            if (accuracy is { } a && interval is not null) rows.Add(["  balanced", Percent(a, 2), Interval(interval)]);
        }
    }

    /// <summary>The number that matters, in a line.</summary>
    public static string Headline(EvaluationSummary summary) => summary.Attacks.Count == 0
        ? $"accuracy {Percent(summary.CleanAccuracy)} ({Interval(summary.CleanInterval)}); no attack was tried"
        : $"robust accuracy {Percent(summary.RobustAccuracy)} ({Interval(summary.RobustInterval)}) under "
            + $"{summary.Subject.Norm} {summary.Subject.Epsilon}; clean {Percent(summary.CleanAccuracy)}";

    /// <summary>"54.3 %".</summary>
    public static string Percent(double share, int digits = 1) => share.ToString($"p{digits}", CultureInfo.InvariantCulture);

    private static string Interval(double[] ends) => $"{Percent(ends[0], 2)} – {Percent(ends[1], 2)}";
}
