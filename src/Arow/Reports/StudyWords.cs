using Arow.Evaluation;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>What the report of a study says between its tables.</summary>
internal static class StudyWords
{
    public const string Smoothing =
        "Settings that are the same but for the label smoothing: the difference that smoothing makes, in points, with 95 % intervals for other images. p is for each line alone.";

    public const string Seeds =
        "Differences in points with the seed as the unit: how another training of both would come out on these images. Runs with the same seed are pairs. "
        + "The interval (95 %) is Student's t over the seeds' differences. p is that of the exact sign-flip test over all choices of signs (Fisher 1935), which n seeds cannot bring below 2/2ⁿ. "
        + "\"p, level\" is that of two one-sided t tests (TOST, Schuirmann 1987): below 0.05 the difference lies within the margin in brackets. Each kind of p is adjusted by Holm's method over the lines of the same accuracy and tested at 5 %. "
        + "P(ahead) is the share of seeds in which the first is ahead, ties half (Bouthillier et al. 2021); in brackets the share of all pairs of a seed of the one and a seed of the other, as for trainings with independent seeds (Mann and Whitney 1947). "
        + "The verdict is ahead or behind where p is below 0.05, else level where \"p, level\" is, else undecided.";

    public const string Changes =
        "Pairs of methods that differ in one piece alone, λ, the learning rate and the length of the attack's steps aside: each in the setting that validation chose. What the second has and the first has not, and the difference in points, with 95 % intervals for other images. p is for each line alone.";

    public const string Together =
        "Four methods that differ in two pieces: neither change, each alone, both. \"Beyond the sum\" is what both bring more than the two alone together; where its interval holds 0, the changes may simply add up.";

    public const string Attacks =
        "Robust accuracy after each attack and those before it, means over seeds, in the settings that validation chose. The last attack of an evaluation leaves the pointwise worst case.";

    /// <summary>
    /// How many pieces of the work are still to be done, and how many there are; settings not chosen yet count as chosen, and
    /// nothing more is waited for of a run that failed.
    /// </summary>
    public static (int Missing, int All) Missing(StudyResults results)
    {
        var study = results.Study;
        var choices = study.Datasets.SelectMany(d => study.Methods.Select(m => (d, m))).ToDictionary(k => k, k => results.Choice(k.d, k.m).Cell);
        var byName = results.Runs.ToDictionary(r => r.Run.Name);
        var all = StudyTask.All(study, run => choices[(run.Cell.Dataset, run.Cell.Method)] is { } chosen ? chosen == run.Cell : null)
            .Where(t => byName[t.Run.Name].Failure is null).ToList();
        return (all.Count(t => t.Evaluation is { } e ? !byName[t.Run.Name].Measured.ContainsKey(e.Name) : byName[t.Run.Name].Selected is null), all.Count);
    }

    /// <summary>What nobody may overlook.</summary>
    public static IEnumerable<string> Stamps(StudyResults results)
    {
        var study = results.Study;
        var (missing, all) = Missing(results);
        if (missing > 0)
        {
            var trained = results.Runs.Count(r => r.Selected is not null);
            yield return $"PARTIAL: {all - missing} of {all} pieces of the work are done, {trained} of {results.Runs.Count} runs trained. Numbers and choices are of what is there and will change.";
        }
        foreach (var stamp in EndpointWords.Stamps(results.Stated)) yield return stamp;
        foreach (var failed in results.Runs.Where(r => r.Failure is not null))
            yield return $"FAILED: {failed.Run.Name}: {failed.Failure}";

        foreach (var dataset in study.Datasets)
        {
            // What has no λ has nothing to tune here, unless the study tries settings of it.
            var tried = study.Methods.Select(m => (Method: m, Settings: study.Cells(dataset, m).Count))
                .Where(m => m.Settings > 1 || study.Of(study.Cells(dataset, m.Method)[0])[0].Lambda is not null).ToList();
            if (tried.Select(t => t.Settings).Distinct().Count() > 1)
            {
                yield return $"NOT TUNED ALIKE{(study.Datasets.Count > 1 ? $" on {dataset}" : "")}: "
                    + string.Join("; ", tried.GroupBy(t => t.Settings).OrderBy(g => g.Key).Select(g =>
                        $"{(g.Key == 1 ? "one setting" : $"{g.Key} settings")} of {string.Join(", ", g.Select(t => t.Method))}"))
                    + ". A method with more settings to choose from has had more care.";
            }
        }
        if (study.Seeds.Count == 1)
            yield return "ONE SEED: each method was trained once. Nothing here says how another seed would come out.";
        var versions = results.Runs.SelectMany(r => r.Measured.Values).Select(m => m.Summary.Provenance.TryGetProperty("arow", out var v) ? v.ToString() : "unknown").Distinct().ToList();
        if (versions.Count > 1) yield return $"MEASURED BY SEVERAL VERSIONS of Arow: {string.Join(", ", versions)}.";
        foreach (var doubt in results.Runs.SelectMany(r => r.Measured.Values.SelectMany(m => m.Summary.Findings ?? []).Where(f => f.Level == FindingLevel.Warning).Select(f => (f.Check, r.Run.Name))).GroupBy(f => f.Check))
            yield return $"DOUBTFUL ({doubt.Key}): see the evaluations of {Names([.. doubt.Select(d => d.Name).Distinct()])}.";
    }

    /// <summary>What was done, in a few sentences.</summary>
    public static IEnumerable<string> Opening(StudyResults results)
    {
        var study = results.Study;
        var limits = study.Runs.Select(r => r.Options.LimitTrain).Distinct().ToList();
        yield return $"{Count(study.Methods.Count, "method")}, {Count(study.Seeds.Count, "seed")}, {Count(study.Runs.Count, "run")}. "
            + string.Join(" ", study.Datasets.Select(d =>
            {
                var (norm, epsilon) = study.Headline.Threat(study.Common[d]);
                var models = study.Runs.Where(r => r.Cell.Dataset == d).Select(r => r.Options.Model).Distinct();
                return $"{d}, {string.Join(" and ", models)}: perturbations of {Wording.Norm(NamedValue.Of(norm))}, ε = {epsilon}.";
            }))
            + (limits is [{ } limit] ? $" Each was trained on {Wording.Count(limit)} training images drawn by its seed, those for validation included." : "");
        yield return "Epochs and settings were chosen by robust accuracy (PGD-10) on validation images, which are training images set aside by the seed and the same for all methods of a seed; test images chose nothing. "
            + "All runs were measured on the same test images: "
            + string.Join("; ", study.Evaluations.Select(e => Evaluation(e, results))) + ". "
            + "Robust accuracy is an upper bound that a stronger attack can only lower.";
    }

    public static string Methods(StudyResults results, string dataset)
    {
        var study = results.Study;
        var cells = study.Methods.Select(m => results.Choice(dataset, m).Cell).OfType<StudyCell>().ToList();
        var best = cells.Select(c => (c.Method, Robust: results.Robust(c, study.Headline))).Where(c => c.Robust is not null).OrderByDescending(c => c.Robust!.Mean).ToList();
        return "Each method in the setting that validation chose; mean ± standard deviation over seeds, in per cent of test images. "
            + (best.Count > 1 ? $"Under {study.Headline.Name} the highest mean is that of {best[0].Method} ({Points(best[0].Robust!)}), then {best[1].Method} ({Points(best[1].Robust!)}); whether they differ by more than chance is tested below." : "");
    }

    public static string Pairs(Study study) =>
        $"Differences in points, {study.Reference} less the other, over the seeds that both have. "
        + "The interval (95 %) and the p-value are for other images and these networks: the image is the unit, its repetitions over seeds are counted together, and the test (signs flipped image by image, exact; McNemar's where there is one seed) assumes nothing of them. "
        + "p is adjusted for the number of comparisons in the table (Holm). How other seeds would come out is below; a difference that both intervals keep away from 0 is one to rely on.";

    public static string Choices(StudyResults results, string dataset)
    {
        var study = results.Study;
        var edges = study.Methods.Select(m => (Method: m, Choice: results.Choice(dataset, m))).Where(m => m.Choice.AtEdge.Count > 0)
            .Select(m => $"{m.Method} ({string.Join(", ", m.Choice.AtEdge)})").ToList();
        return "Every setting that was tried. Validation: means over the seeds of clean and robust accuracy of the selected weights on the images set aside. Test accuracies of settings that were not chosen are here to be looked at, not to be chosen by."
            + (edges.Count == 0 ? "" : $" At the edge of what was tried, so that a better value may lie beyond: {string.Join("; ", edges)}.");
    }

    public static string TradeOff(StudyResults results, string dataset)
    {
        var front = StudyCurve.Front(StudyCurve.All(results, dataset));
        return $"Higher and further right is better. No setting is better in both than those of the Pareto front: {string.Join("; ", front.Select(p => $"{p.Cell.Title} ({Points(p.Clean)} clean, {Points(p.Robust)} robust)"))}. "
            + "The front is drawn from test accuracies and describes; it chooses nothing.";
    }

    public static string EqualClean(Study study, StudyEvaluation headline) =>
        $"Robust accuracy ({headline.Name}) of {study.Reference} less the other's at the same clean accuracy, on the curves over λ with straight lines between neighbours, within the clean accuracies that both reach. Nothing is drawn out beyond what was measured: where the curves have no clean accuracy in common, the comparison cannot be told. "
        + "\"Halfway\" is the middle of the common stretch on the curves of means; \"by seed\" the mean ± deviation of the same on each seed's own curves.";

    /// <summary>"54.3 ± 0.6".</summary>
    public static string Points(Spread s) => s.Deviation is { } d
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{100 * s.Mean:F1} ± {100 * d:F1}")
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{100 * s.Mean:F1}");

    /// <summary>"+1.2".</summary>
    public static string Points(double share) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{100 * share:+0.0;-0.0;0.0}");

    /// <summary>"+0.3 to +2.1".</summary>
    public static string Points(Interval interval) => $"{Points(interval.Low)} to {Points(interval.High)}";

    private static string Evaluation(StudyEvaluation e, StudyResults results)
    {
        var n = results.Runs.Select(r => r.Measured.GetValueOrDefault(e.Name)?.Summary.N).FirstOrDefault(n => n is not null) ?? e.Images;
        var budget = string.Concat(e.Budget.Given.Select(g => $", {g.Value} {g.Key}"));
        var whose = (e.OfChosen, e.Seeds) switch
        {
            (false, null) => "",
            (true, null) => ", chosen settings only",
            (var chosen, { } seeds) => $", {(chosen ? "chosen settings and " : "")}seed {string.Join(' ', seeds)} only",
        };
        return $"{e.Name} ({(e.Attacks.Count == 0 ? "no attack" : string.Join(", ", e.Attacks))}{budget}) on {(n is { } images ? Wording.Count(images) : "all")} images{whose}";
    }

    private static string Count(int n, string what) => $"{n} {what}{(n == 1 ? "" : "s")}";

    private static string Names(List<string> names) => names.Count > 4 ? $"{names.Count} runs" : string.Join(", ", names);
}
