using Arow.Evaluation;
using Arow.Options;
using Arow.Statistics;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>Text between the tables of a study's report.</summary>
internal static class StudyText
{
    public const string Smoothing =
        "Settings that differ only in label smoothing: the effect of smoothing in points, with 95 % intervals over images. p is not adjusted.";

    public const string Seeds =
        "Differences in points with the seed as the unit: the variation between trainings on these images. Runs with the same seed are paired. "
        + "The interval (95 %) is Student's t over the seeds' differences. p is from the exact sign-flip test over all choices of signs (Fisher 1935); with n seeds it is at least 2/2ⁿ. "
        + "\"p, level\" is from two one-sided t tests (TOST, Schuirmann 1987): below 0.05 the difference lies within the margin in brackets. Each kind of p is adjusted by Holm's method over the rows of the same accuracy and tested at 5 %. "
        + "P(ahead) is the share of seeds in which the first is ahead, ties half (Bouthillier et al. 2021); in brackets the share among all pairs of a seed of one and a seed of the other, as for trainings with independent seeds (Mann and Whitney 1947). "
        + "The verdict is ahead or behind where p is below 0.05, else level where \"p, level\" is, else undecided.";

    public const string Changes =
        "Pairs of methods that differ in one component, apart from λ, the learning rate and the attack's step size, each in the setting selected by "
            + "validation: the change and the difference in points, with 95 % intervals over images. p is not adjusted.";

    public const string Together =
        "Four methods that differ in two components: neither change, each alone, both. \"Beyond the sum\" is the effect of both minus the sum of "
            + "the single effects; if its interval contains 0, the effects may simply add up.";

    public const string Attacks =
        "Robust accuracy after each attack and those before it, means over seeds, in the settings selected by validation. After the last attack of "
            + "an evaluation the accuracy is the pointwise worst case.";

    /// <summary>
    /// Counts the jobs that are still to be done, and all jobs. Settings not selected yet count as selected; jobs of a failed run are
    /// not counted.
    /// </summary>
    public static (int Missing, int All) CountMissingJobs(StudyResults results)
    {
        var study = results.Study;
        var choices = study.Datasets.SelectMany(d => study.Methods.Select(m => (d, m)))
            .ToDictionary(k => k, k => results.GetChosenSetting(k.d, k.m).Cell);
        var byName = results.Runs.ToDictionary(r => r.Run.Name);
        var all = StudyJob.Enumerate(study, run => choices[(run.Cell.Dataset, run.Cell.Method)] is { } chosen ? chosen == run.Cell : null)
            .Where(t => byName[t.Run.Name].Failure is null).ToList();
        return (all.Count(t => t.Evaluation is { } e ? !byName[t.Run.Name].Measured.ContainsKey(e.Name) : byName[t.Run.Name].Selected is null),
            all.Count);
    }

    /// <summary>Returns the warnings of the report.</summary>
    public static IEnumerable<string> CreateWarnings(StudyResults results)
    {
        var study = results.Study;
        var (missing, all) = CountMissingJobs(results);
        if (missing > 0)
        {
            var trained = results.Runs.Count(r => r.Selected is not null);
            yield return $"PARTIAL: {all - missing} of {all} jobs are done, {trained} of {results.Runs.Count} runs trained. Numbers and selections "
                + "are preliminary.";
        }
        foreach (var stamp in EndpointText.DescribeChanges(results.Stated)) yield return stamp;
        foreach (var failed in results.Runs.Where(r => r.Failure is not null))
            yield return $"FAILED: {failed.Run.Name}: {failed.Failure}";

        foreach (var dataset in study.Datasets)
        {
            // A method without λ has nothing to tune, unless the study tries settings of it.
            var tried = study.Methods.Select(m => (Method: m, Settings: study.Cells(dataset, m).Count))
                .Where(m => m.Settings > 1 || study.RunsOf(study.Cells(dataset, m.Method)[0])[0].Lambda is not null).ToList();
            if (tried.Select(t => t.Settings).Distinct().Count() > 1)
            {
                yield return $"UNEQUAL TUNING{(study.Datasets.Count > 1 ? $" on {dataset}" : "")}: "
                    + string.Join("; ", tried.GroupBy(t => t.Settings).OrderBy(g => g.Key).Select(g =>
                        $"{(g.Key == 1 ? "one setting" : $"{g.Key} settings")} of {string.Join(", ", g.Select(t => t.Method))}"))
                    + ". A method with more settings has an advantage.";
            }
        }
        if (study.Seeds.Count == 1)
            yield return "ONE SEED: each method was trained once. The variation between seeds is unknown.";
        var versions = results.Runs.SelectMany(r => r.Measured.Values)
            .Select(m => m.Summary.Provenance.TryGetProperty("arow", out var v) ? v.ToString() : "unknown").Distinct().ToList();
        if (versions.Count > 1) yield return $"EVALUATED BY SEVERAL VERSIONS of Arow: {string.Join(", ", versions)}.";
        foreach (var doubt in results.Runs.SelectMany(r => r.Measured.Values.SelectMany(m => m.Summary.Findings ?? [])
            .Where(f => f.Level == FindingLevel.Warning).Select(f => (f.Check, r.Run.Name))).GroupBy(f => f.Check))
            yield return $"DOUBTFUL ({doubt.Key}): see the evaluations of {JoinNames([.. doubt.Select(d => d.Name).Distinct()])}.";
    }

    /// <summary>Describes what was done, in a few sentences.</summary>
    public static IEnumerable<string> CreateIntroduction(StudyResults results)
    {
        var study = results.Study;
        var limits = study.Runs.Select(r => r.Options.LimitTrain).Distinct().ToList();
        yield return $"{Count(study.Methods.Count, "method")}, {Count(study.Seeds.Count, "seed")}, {Count(study.Runs.Count, "run")}. "
            + string.Join(" ", study.Datasets.Select(d =>
            {
                var (norm, epsilon) = study.Headline.Threat(study.Common[d]);
                var models = study.Runs.Where(r => r.Cell.Dataset == d).Select(r => r.Options.Model).Distinct();
                return $"{d}, {string.Join(" and ", models)}: perturbations of {ReportFormat.Norm(EnumName.ToName(norm))}, ε = {epsilon}.";
            }))
            + (limits is [{ } limit]
                ? $" Each was trained on {ReportFormat.Count(limit)} training images drawn by its seed, including those for validation." : "");
        yield return "Epochs and settings were selected by robust accuracy (PGD-10) on validation images: training images set aside by the seed, the same for all methods of a seed. Test images were not used for selection. "
            + "All runs were evaluated on the same test images: "
            + string.Join("; ", study.Evaluations.Select(e => DescribeEvaluation(e, results))) + ". "
            + "Robust accuracy is an upper bound that a stronger attack can only lower.";
    }

    public static string Methods(StudyResults results, string dataset)
    {
        var study = results.Study;
        var cells = study.Methods.Select(m => results.GetChosenSetting(dataset, m).Cell).OfType<StudyCell>().ToList();
        var best = cells.Select(c => (c.Method, Robust: results.Robust(c, study.Headline))).Where(c => c.Robust is not null)
            .OrderByDescending(c => c.Robust!.Mean).ToList();
        return "Each method in the setting selected by validation; mean ± standard deviation over seeds, in per cent of test images. "
            + (best.Count > 1 ? $"Under {study.Headline.Name} the highest mean is that of {best[0].Method} ({FormatPoints(best[0].Robust!)}), then "
            + $"{best[1].Method} ({FormatPoints(best[1].Robust!)}); whether they differ by more than chance is tested below." : "");
    }

    public static string Pairs(Study study) =>
        $"Differences in points, {study.Reference} minus the other, over the seeds that both have. "
        + "The interval (95 %) and the p-value refer to other images with these networks: the image is the unit, its results over seeds are summed, and the test (exact sign flips by image; McNemar's for one seed) assumes nothing about them. "
        + "p is adjusted for the number of comparisons in the table (Holm). The variation between seeds is below; rely on a difference only if both "
        + "intervals exclude 0.";

    public static string Choices(StudyResults results, string dataset)
    {
        var study = results.Study;
        var edges = study.Methods.Select(m => (Method: m, Choice: results.GetChosenSetting(dataset, m))).Where(m => m.Choice.AxesAtEdge.Count > 0)
            .Select(m => $"{m.Method} ({string.Join(", ", m.Choice.AxesAtEdge)})").ToList();
        return "All settings. Validation: means over seeds of clean and robust accuracy of the selected weights on the validation images. Test accuracies of settings that were not selected are for information, not for selection."
            + (edges.Count == 0 ? "" : $" At the edge of the grid, so a better value may lie beyond: {string.Join("; ", edges)}.");
    }

    public static string TradeOff(StudyResults results, string dataset)
    {
        var front = StudyCurve.FindFront(StudyCurve.CreateAll(results, dataset));
        return $"Up and to the right is better. No setting is better in both than those of the Pareto front: {string.Join("; ", front.Select(p => $"{p.Cell.Title} ({FormatPoints(p.Clean)} clean, {FormatPoints(p.Robust)} robust)"))}. "
            + "The front is computed from test accuracies; it describes and is not used for selection.";
    }

    public static string EqualClean(Study study, StudyEvaluation headline) =>
        $"Robust accuracy ({headline.Name}) of {study.Reference} minus the other's at equal clean accuracy, on linearly interpolated curves over λ, within the range of clean accuracy that both reach. There is no extrapolation: if the ranges do not overlap, no comparison is possible. "
        + "\"Halfway\" is the middle of the common range on the mean curves; \"by seed\" is the mean ± deviation of the same on the curves of "
        + "single seeds.";

    /// <summary>"54.3 ± 0.6".</summary>
    public static string FormatPoints(SeedSpread s) => s.Deviation is { } d
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{100 * s.Mean:F1} ± {100 * d:F1}")
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{100 * s.Mean:F1}");

    /// <summary>"+1.2".</summary>
    public static string FormatPoints(double share) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{100 * share:+0.0;-0.0;0.0}");

    /// <summary>"+0.3 to +2.1".</summary>
    public static string FormatPoints(Interval interval) => $"{FormatPoints(interval.Low)} to {FormatPoints(interval.High)}";

    private static string DescribeEvaluation(StudyEvaluation e, StudyResults results)
    {
        var n = results.Runs.Select(r => r.Measured.GetValueOrDefault(e.Name)?.Summary.N).FirstOrDefault(n => n is not null) ?? e.Images;
        var budget = string.Concat(e.Budget.Specified.Select(g => $", {g.Value} {g.Key}"));
        var whose = (e.ChosenOnly, e.Seeds) switch
        {
            (false, null) => "",
            (true, null) => ", chosen settings only",
            (var chosen, { } seeds) => $", {(chosen ? "chosen settings and " : "")}seed {string.Join(' ', seeds)} only",
        };
        return $"{e.Name} ({(e.Attacks.Count == 0 ? "no attack" : string.Join(", ", e.Attacks))}{budget}) on "
            + $"{(n is { } images ? ReportFormat.Count(images) : "all")} images{whose}";
    }

    private static string Count(int n, string what) => $"{n} {what}{(n == 1 ? "" : "s")}";

    private static string JoinNames(List<string> names) => names.Count > 4 ? $"{names.Count} runs" : string.Join(", ", names);
}
