using Arow.Evaluation;
using Arow.Options;
using Arow.Statistics;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>The tables of a study.</summary>
internal static class StudyTables
{
    /// <summary>Methods in their selected settings, under every evaluation.</summary>
    public static StudyTable Methods(StudyResults results, string dataset, string suffix)
    {
        var study = results.Study;
        var rows = study.Methods.Select(m => (Method: m, Choice: results.GetChosenSetting(dataset, m))).ToList();
        return StudyTable.Create($"methods{suffix}", rows,
        [
            new("method", "method", r => r.Method),
            new("setting", "setting", r => r.Choice.Cell?.Setting, r => r.Choice.Cell is { } cell ? cell.Setting : "not selected yet"),
            new("tried", "settings_tried", r => r.Choice.CandidateCount),
            new("seeds", "seeds", r => Clean(r)?.Seeds ?? 0),
            .. SpreadColumns<(string Method, ChosenSetting Choice)>("clean", "clean", Clean),
            .. results.IsUnbalanced(dataset)
                ? SpreadColumns<(string Method, ChosenSetting Choice)>("clean, balanced", "balanced_clean", r =>
                    r.Choice.Cell is { } cell ? results.BalancedClean(cell, study.Headline) : null) : [],
            .. EvaluationColumns<(string Method, ChosenSetting Choice)>(results, dataset, "", r => r.Choice.Cell),
        ]);

        SeedSpread? Clean((string Method, ChosenSetting Choice) r) => r.Choice.Cell is { } cell ? results.Clean(cell, study.Headline) : null;
    }

    /// <summary>All settings with validation and test accuracies.</summary>
    public static StudyTable Settings(StudyResults results, string dataset, string suffix)
    {
        var study = results.Study;
        var chosen = study.Methods.Select(m => results.GetChosenSetting(dataset, m).Cell).ToHashSet();
        var front = StudyCurve.FindFront(StudyCurve.CreateAll(results, dataset)).Select(p => p.Cell).ToHashSet();
        var cells = study.Methods.SelectMany(m => study.Cells(dataset, m)).ToList();
        return StudyTable.Create($"settings{suffix}", cells,
        [
            new("method", "method", c => c.Method),
            new("setting", "setting", c => c.Setting),
            new("selected", "chosen", c => chosen.Contains(c), c => chosen.Contains(c) ? "yes" : ""),
            new("front", "on_pareto_front", c => front.Contains(c), c => front.Contains(c) ? "yes" : ""),
            new("runs", "runs_trained", c => results.ResultsOf(c).Count(r => r.Selected is not null)),
            .. SpreadColumns<StudyCell>("validation clean", "validation_clean", c => results.ComputeSpread(c, r => r.Selected?.Clean)),
            .. SpreadColumns<StudyCell>("validation robust", "validation_robust", c => results.ComputeSpread(c, r => r.Selected?.Robust)),
            .. SpreadColumns<StudyCell>("test clean", "clean", c => results.Clean(c, study.Headline)),
            .. results.IsUnbalanced(dataset)
                ? SpreadColumns<StudyCell>("test clean, balanced", "balanced_clean", c => results.BalancedClean(c, study.Headline)) : [],
            .. EvaluationColumns<StudyCell>(results, dataset, "test ", c => c),
        ]);
    }

    /// <summary>Tests of the reference against every other method.</summary>
    public static StudyTable Pairs(StudyResults results, string dataset, StudyEvaluation evaluation, string suffix)
    {
        var study = results.Study;
        var (metric, isCorrect) = DecisiveMetric(evaluation);
        var rows = new List<Pair>();
        if (results.GetChosenSetting(dataset, study.Reference).Cell is { } reference)
        {
            foreach (var other in study.Methods.Where(m => m != study.Reference).Select(m => results.GetChosenSetting(dataset, m).Cell)
                .OfType<StudyCell>())
            {
                if (results.Compare(reference, other, evaluation, isCorrect) is { } difference
                    && results.Compare(reference, other, evaluation, StudyResults.IsCorrect(Accuracy.Clean)) is { } clean)
                    rows.Add(new Pair(other, clean, difference));
            }
        }
        var adjusted = Holm.Adjust([.. rows.Select(r => r.Decisive.PValue)]);
        rows = [.. rows.Zip(adjusted, (row, p) => row with { Adjusted = p })];
        return StudyTable.Create($"pairs-{Grid.Slug(evaluation.Name)}{suffix}", rows,
        [
            new(study.Reference + " minus …", "other", r => r.Other.Method),
            new("", "reference", _ => study.Reference),
            new("", "other_setting", r => r.Other.Setting),
            new("seeds", "seeds", r => r.Decisive.Seeds),
            new("", "images", r => r.Decisive.Images),
            .. evaluation.Attacks.Count == 0 ? [] : DifferenceColumns<Pair>("clean", r => r.Clean, separateColumn: true),
            .. DifferenceColumns<Pair>(metric, r => r.Decisive, separateColumn: true),
            new("", "p", r => r.Decisive.PValue),
            new("p", "p_holm", r => r.Adjusted, r => FormatPValue(r.Adjusted)),
            new("", $"{metric}_seeds_low", r => r.Decisive.SeedInterval?.Low),
            new("", $"{metric}_seeds_high", r => r.Decisive.SeedInterval?.High),
            new("", "seeds_ahead", r => r.Decisive.SeedsAhead),
            new("", "mcnemar_p_by_seed", r => string.Join(' ', r.Decisive.Pairs.Select(p => StudyTable.Format(p.PValue)))),
            new("", "only_reference_by_seed", r => string.Join(' ', r.Decisive.Pairs.Select(p => p.OnlyFirst))),
            new("", "only_other_by_seed", r => string.Join(' ', r.Decisive.Pairs.Select(p => p.OnlySecond))),
        ]);
    }

    /// <summary>The reference against every other method with the seed as the unit: clean accuracy, then every evaluation.</summary>
    public static IReadOnlyList<EndpointResult> AgainstReference(StudyResults results, string dataset)
    {
        var study = results.Study;
        (Accuracy Metric, StudyEvaluation Evaluation)[] accuracies =
        [
            (Accuracy.Clean, study.Headline), .. study.Evaluations.Where(e => e.Attacks.Count > 0).Select(e => (Accuracy.Robust, e)),
        ];
        var rows = accuracies.SelectMany(a =>
        {
            var others = study.Methods.Where(m => m != study.Reference);
            return EndpointResult.Compute(results, [new Endpoint(study.Reference, [.. others], a.Metric, a.Evaluation, dataset, study.Margin)]);
        });
        return [.. rows.Where(r => r.OverSeeds is not null)];
    }

    /// <summary>Creates a compact table, for terminals, of comparisons over seeds with the same arm and margin.</summary>
    public static Table Summary(IReadOnlyList<EndpointResult> rows) => StudyTable.Create("summary", rows,
    [
        new($"{rows[0].Endpoint.Arm} minus …", "other", r => r.Other),
        SeedDifference with { Head = EnumName.ToName(rows[0].Endpoint.Metric) },
        SeedLow, SeedPValue,
        SeedLevel with { Head = $"p, level ±{EndpointText.FormatPoints(rows[0].Endpoint.Margin)}", Display = r =>
            r.AdjustedEquivalencePValue is { } p ? FormatPValue(p) : "" },
        SeedProbability,
    ]).Display;

    /// <summary>The columns of a lead over seeds.</summary>
    public static IReadOnlyList<Column<T>> LeadColumns<T>(Func<T, SeedComparison> lead) =>
    [
        new("lead", "lead", r => lead(r).Difference, r => StudyText.FormatPoints(lead(r).Difference)),
        new("95 %, seeds", "low", r => lead(r).DifferenceInterval?.Low, r => lead(r).DifferenceInterval is { } i ? StudyText.FormatPoints(i) : ""),
        new("", "high", r => lead(r).DifferenceInterval?.High),
        new("ahead in", "seeds_ahead", r => lead(r).Ahead, r => $"{lead(r).Ahead} of {lead(r).Seeds}"),
        new("", "seeds", r => lead(r).Seeds),
    ];

    private static readonly Column<EndpointResult> SeedDifference = new("difference", "difference", r => r.OverSeeds?.Difference,
        r => r.OverSeeds is { } s ? StudyText.FormatPoints(s.Difference) : "not evaluated yet");

    private static readonly Column<EndpointResult> SeedLow = new("95 %, seeds", "low", r => r.OverSeeds?.DifferenceInterval?.Low,
        r => r.OverSeeds is not { } s ? "" : s.DifferenceInterval is { } i ? StudyText.FormatPoints(i) : s.Seeds == 1 ? "one seed" : "no spread");

    private static readonly Column<EndpointResult> SeedPValue = new("p", "p_holm", r => r.OverSeeds is null ? null : r.AdjustedPValue,
        r => r.OverSeeds is null ? "" : FormatPValue(r.AdjustedPValue));

    private static readonly Column<EndpointResult> SeedLevel = new("p, level", "p_level_holm", r => r.AdjustedEquivalencePValue,
        r => r.AdjustedEquivalencePValue is { } p ? $"{FormatPValue(p)} (±{EndpointText.FormatPoints(r.Endpoint.Margin)})" : "");

    private static readonly Column<EndpointResult> SeedProbability = new("P(ahead)", "probability_ahead", r => r.OverSeeds?.ProbabilityAhead,
        r => r.OverSeeds is { } s
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{s.ProbabilityAhead:0.00} ({s.ProbabilityAheadIndependent:0.00})")
            : "");

    /// <summary>Comparisons with the seed as the unit.</summary>
    public static StudyTable OverSeeds(string name, IReadOnlyList<EndpointResult> rows) => StudyTable.Create(name, rows,
    [
        new("arm", "arm", r => r.Endpoint.Arm),
        new("minus …", "other", r => r.Other),
        new("accuracy", "metric", r => EnumName.ToName(r.Endpoint.Metric), EndpointText.DescribeAccuracy),
        new("", "evaluation", r => r.Endpoint.Evaluation.Name),
        new("", "weights", r => r.Endpoint.Weights),
        new("", "seeds", r => r.OverSeeds?.Seeds ?? 0),
        new("", "seeds_planned", r => r.Planned),
        SeedDifference,
        SeedLow,
        new("", "high", r => r.OverSeeds?.DifferenceInterval?.High),
        new("", "p", r => r.OverSeeds?.PValue),
        SeedPValue,
        new("", "margin", r => r.Endpoint.Margin),
        new("", "p_level", r => r.EquivalencePValue),
        SeedLevel,
        new("ahead in", "seeds_ahead", r => r.OverSeeds?.Ahead, r => r.OverSeeds is { } s ? $"{s.Ahead} of {s.Seeds}" : ""),
        new("", "seeds_tied", r => r.OverSeeds?.Ties),
        SeedProbability,
        new("", "probability_ahead_independent", r => r.OverSeeds?.ProbabilityAheadIndependent),
        new("verdict", "verdict", r => EnumName.ToName(r.Verdict)),
    ], numbers: false);

    /// <summary>The reference's curves against all others in the common range of clean accuracy.</summary>
    public static StudyTable EqualClean(StudyResults results, string dataset, string suffix)
    {
        var curves = StudyCurve.CreateAll(results, dataset);
        var rows = curves.Where(c => c.Method == results.Study.Reference)
            .SelectMany(a => curves.Where(b => b.Method != a.Method && a.Points.Count + b.Points.Count > 2).Select(b => (A: a, B: b)))
            .Select(p => (p.A, p.B, Mean: Curve.Compare(p.A.Mean, p.B.Mean), BySeed: SeedSpread.Compute(
                [.. results.Study.Seeds.Select(s =>
                    p.A.ForSeed(results, s) is { } a && p.B.ForSeed(results, s) is { } b ? Curve.Compare(a, b)?.Middle : null).OfType<double>()])))
            .ToList();
        return StudyTable.Create($"equal-clean{suffix}", rows,
        [
            new("curve", "curve", r => r.A.Name),
            new("minus", "other", r => r.B.Name),
            new("common clean accuracy", "clean_low", r => r.Mean?.Low, r => r.Mean is { } m ? FormatRange(m.Low, m.High)
                : $"none, no comparison: {FormatRange(r.A.Mean.Low, r.A.Mean.High)} against {FormatRange(r.B.Mean.Low, r.B.Mean.High)}"),
            new("", "clean_high", r => r.Mean?.High),
            new("halfway", "robust_halfway", r => r.Mean?.Middle, r => r.Mean is { } m ? StudyText.FormatPoints(m.Middle) : ""),
            new("from … to", "robust_least", r => r.Mean?.Minimum, r =>
                r.Mean is { } m ? StudyText.FormatPoints(new Interval(m.Minimum, m.Maximum)) : ""),
            new("", "robust_most", r => r.Mean?.Maximum),
            new("by seed", "robust_seed_mean", r => r.BySeed?.Mean, r =>
                r.BySeed is { } s ? $"{StudyText.FormatPoints(s.Mean)}{(s.Deviation is { } d ? $" ± {100 * d:F1}" : "")}" : ""),
            new("", "robust_seed_deviation", r => r.BySeed?.Deviation),
            new("seeds", "seeds", r => r.BySeed?.Seeds ?? 0),
        ]);
    }

    /// <summary>Settings that differ only in label smoothing.</summary>
    public static StudyTable Smoothing(StudyResults results, string dataset, string suffix)
    {
        const string Component = "label smoothing";
        var study = results.Study;
        var cells = study.Methods.SelectMany(m => study.Cells(dataset, m)).Select(c => (Cell: c, study.RunsOf(c)[0].Options))
            .Select(c => (c.Cell, Components: MethodComponents.Describe(c.Options),
                Tuned: (study.RunsOf(c.Cell)[0].Lambda, c.Options.LearningRate, c.Options.StepSize))).ToList();
        var pairs = cells.SelectMany(a => cells.Where(b =>
                a.Tuned == b.Tuned && MethodComponents.Difference(a.Components, b.Components) is [Component]
                    && Number(a.Components[Component]) < Number(b.Components[Component]))
            .Select(b => new Change(a.Cell, b.Cell, Component, a.Components[Component], b.Components[Component]))).ToList();
        return ChangesTable($"label-smoothing{suffix}", results, pairs, settings: true);

        static double Number(string text) => Ratio.Parse(text)!.Value.Value;
    }

    /// <summary>Methods that differ in one component.</summary>
    public static StudyTable Changes(StudyResults results, string dataset, string suffix) =>
        ChangesTable($"changes{suffix}", results, [.. FindSingleChanges(results, dataset)], settings: false);

    /// <summary>Methods that differ in two components, with those in between.</summary>
    public static StudyTable CombinedChanges(StudyResults results, string dataset, string suffix)
    {
        var (study, evaluation) = (results.Study, results.Study.Headline);
        List<Change> changes = evaluation.Attacks.Count == 0 ? [] : [.. FindSingleChanges(results, dataset)];
        // base + first, base + second, and both from either.
        var squares =
            from first in changes
            from second in changes
            where first.From == second.From && first.To != second.To
                && study.Methods.ToList().IndexOf(first.To.Method) < study.Methods.ToList().IndexOf(second.To.Method)
            from both in changes.Where(c => c.From == first.To && (c.Component, c.Before, c.After) == (second.Component, second.Before, second.After))
            where changes.Any(c => c.From == second.To && c.To == both.To
                && (c.Component, c.Before, c.After) == (first.Component, first.Before, first.After))
            select (first, second, Both: both.To);
        var rows = squares.Select(s =>
            (s.first, s.second, s.Both, Sides: results.CommonRows([s.first.From, s.first.To, s.second.To, s.Both], evaluation)))
            .Where(s => s.Sides.Count > 0)
            .Select(s => (s.first, s.second, s.Both,
                One: Contrast(s.Sides, (1, 1), (0, -1)), Other: Contrast(s.Sides, (2, 1), (0, -1)), All: Contrast(s.Sides, (3, 1), (0, -1)),
                Beyond: Contrast(s.Sides, (3, 1), (1, -1), (2, -1), (0, 1)))).ToList();
        return StudyTable.Create($"together{suffix}", rows,
        [
            new("neither", "neither", r => r.first.From.Method),
            new("both", "both", r => r.Both.Method),
            new("first change", "first_change", r => r.first.Description),
            new("robust", "first_robust", r => r.One.Difference, r => StudyText.FormatPoints(r.One.Difference)),
            new("second change", "second_change", r => r.second.Description),
            new("robust", "second_robust", r => r.Other.Difference, r => StudyText.FormatPoints(r.Other.Difference)),
            new("both: robust", "both_robust", r => r.All.Difference, r => StudyText.FormatPoints(r.All.Difference)),
            new("beyond the sum", "beyond_sum", r => r.Beyond.Difference, r =>
                $"{StudyText.FormatPoints(r.Beyond.Difference)} ({StudyText.FormatPoints(r.Beyond.DifferenceInterval)})"),
            new("", "beyond_sum_low", r => r.Beyond.DifferenceInterval.Low),
            new("", "beyond_sum_high", r => r.Beyond.DifferenceInterval.High),
            new("seeds", "seeds", r => r.Beyond.Seeds),
        ], numbers: false);
    }

    /// <summary>Accuracy after each attack of each evaluation.</summary>
    public static StudyTable Attacks(StudyResults results, string dataset, string suffix)
    {
        var study = results.Study;
        var rows =
            from method in study.Methods
            let cell = results.GetChosenSetting(dataset, method).Cell
            where cell is not null
            from evaluation in study.Evaluations
            let measured = results.ResultsOf(cell).Select(r => r.Measured.GetValueOrDefault(evaluation.Name)?.Summary).Where(s => s is not null)
                .ToList()
            where measured.Count > 0
            from attack in measured[0]!.Attacks.Select(a => a.Name)
            select (method, evaluation, attack,
                Left: SeedSpread.Compute(
                    [.. measured.Select(s => s!.Attacks.FirstOrDefault(a => a.Name == attack)?.Accuracy).OfType<double>()]));
        return StudyTable.Create($"attacks{suffix}", rows.ToList(),
        [
            new("method", "method", r => r.method),
            new("evaluation", "evaluation", r => r.evaluation.Name),
            new("attack", "attack", r => r.attack),
            .. SpreadColumns<(string method, StudyEvaluation evaluation, string attack, SeedSpread? Left)>("accuracy after it", "accuracy", r =>
                r.Left, best: false),
            new("seeds", "seeds", r => r.Left?.Seeds ?? 0),
        ], numbers: false);
    }

    /// <summary>All runs.</summary>
    public static StudyTable Runs(StudyResults results)
    {
        var study = results.Study;
        return StudyTable.Create("runs", results.Runs,
        [
            new("run", "run", r => r.Run.Name),
            new("", "dataset", r => r.Run.Cell.Dataset),
            new("", "method", r => r.Run.Cell.Method),
            new("", "setting", r => r.Run.Cell.Setting),
            new("", "seed", r => r.Run.Seed),
            new("epoch", "epoch", r => r.Selected?.Epoch, r =>
                r.Selected is { } s ? $"{s.Epoch} of {s.Epochs}" : r.Failure is null ? "not trained yet" : "failed"),
            new("validation clean", "validation_clean", r => r.Selected?.Clean, r => FormatShare(r.Selected?.Clean)),
            new("validation robust", "validation_robust", r => r.Selected?.Robust, r => FormatShare(r.Selected?.Robust)),
            new("test clean", "clean", r => Summary(r, study.Headline)?.CleanAccuracy, r => FormatShare(Summary(r, study.Headline)?.CleanAccuracy)),
            .. study.Evaluations.Where(e => e.Attacks.Count > 0).SelectMany(e => (Column<RunResult>[])
            [
                new($"test {e.Name}", $"robust_{Grid.Slug(e.Name, '_')}", r => Summary(r, e)?.RobustAccuracy, r =>
                    FormatShare(Summary(r, e)?.RobustAccuracy)),
                new("", $"images_{Grid.Slug(e.Name, '_')}", r => Summary(r, e)?.N),
            ]),
            new("", "weights_sha256", r => r.Measured.Values.FirstOrDefault()?.Summary.Subject.WeightsSha256),
        ]);

        static EvaluationSummary? Summary(RunResult run, StudyEvaluation evaluation) => run.Measured.GetValueOrDefault(evaluation.Name)?.Summary;
    }

    private sealed record Change(StudyCell From, StudyCell To, string Component, string Before, string After)
    {
        public string Description => $"{Component}: {Before} to {After}";
    }

    /// <summary>Returns pairs of methods in their selected settings that differ in one component, from the simpler to the other.</summary>
    private static IEnumerable<Change> FindSingleChanges(StudyResults results, string dataset)
    {
        var study = results.Study;
        var cells = study.Methods.Select(m => results.GetChosenSetting(dataset, m).Cell).OfType<StudyCell>()
            .Select(c => (Cell: c, Components: MethodComponents.Describe(study.RunsOf(c)[0].Options))).ToList();
        return from a in cells.Index()
               from b in cells.Skip(a.Index + 1)
               let difference = MethodComponents.Difference(a.Item.Components, b.Components)
               where difference.Count == 1
               let component = difference[0]
               let swap = SimplicityRank(b.Components[component]) < SimplicityRank(a.Item.Components[component])
               let plain = swap ? b : a.Item
               let other = swap ? a.Item : b
               select new Change(plain.Cell, other.Cell, component, plain.Components[component], other.Components[component]);
    }

    /// <summary>Rank of a component by simplicity: absent, then numbers, then words in the order of the file.</summary>
    private static double SimplicityRank(string value) =>
        value is "none" or "no regularizer" ? double.NegativeInfinity : Ratio.Parse(value)?.Value ?? double.PositiveInfinity;

    private static StudyTable ChangesTable(string name, StudyResults results, List<Change> changes, bool settings)
    {
        var evaluation = results.Study.Headline;
        var (metric, isCorrect) = DecisiveMetric(evaluation);
        var rows = changes
            .Select(c => (Change: c, Clean: results.Compare(c.To, c.From, evaluation, StudyResults.IsCorrect(Accuracy.Clean)),
                Judged: results.Compare(c.To, c.From, evaluation, isCorrect)))
            .Where(c => c.Judged is not null).Select(c => new EvaluatedChange(c.Change, c.Clean!, c.Judged!)).ToList();
        return StudyTable.Create(name, rows,
        [
            new("from", "from", r => settings ? r.Change.From.Title : r.Change.From.Method),
            new("to", "to", r => settings ? r.Change.To.Title : r.Change.To.Method),
            new("change", "change", r => r.Change.Description),
            .. evaluation.Attacks.Count == 0 ? [] : DifferenceColumns<EvaluatedChange>("clean", r => r.Clean, separateColumn: false),
            .. DifferenceColumns<EvaluatedChange>(metric, r => r.Decisive, separateColumn: false),
            new("p", "p", r => r.Decisive.PValue, r => FormatPValue(r.Decisive.PValue)),
            new("better in", "seeds_better", r => r.Decisive.SeedsAhead, r => $"{r.Decisive.SeedsAhead} of {r.Decisive.Seeds} seeds"),
            new("", "seeds", r => r.Decisive.Seeds),
        ], numbers: false);
    }

    private sealed record Pair(StudyCell Other, PooledComparison Clean, PooledComparison Decisive, double Adjusted = double.NaN);

    private sealed record EvaluatedChange(Change Change, PooledComparison Clean, PooledComparison Decisive);

    /// <summary>Creates columns for a difference and its interval over images, shown in a separate column or in brackets.</summary>
    private static Column<T>[] DifferenceColumns<T>(string what, Func<T, PooledComparison> selector, bool separateColumn) =>
    [
        new(what, $"{what}_difference", r => selector(r).Difference, r => separateColumn ? StudyText.FormatPoints(selector(r).Difference)
            : $"{StudyText.FormatPoints(selector(r).Difference)} ({StudyText.FormatPoints(selector(r).DifferenceInterval)})"),
        new(separateColumn ? "95 %, images" : "", $"{what}_low", r => selector(r).DifferenceInterval.Low, r =>
            StudyText.FormatPoints(selector(r).DifferenceInterval)),
        new("", $"{what}_high", r => selector(r).DifferenceInterval.High),
    ];

    /// <summary>Returns the decisive metric of an evaluation: clean accuracy if there is no attack.</summary>
    private static (string Name, Func<SampleResult, bool> Right) DecisiveMetric(StudyEvaluation evaluation)
    {
        var metric = evaluation.Attacks.Count == 0 ? Accuracy.Clean : Accuracy.Robust;
        return (EnumName.ToName(metric), StudyResults.IsCorrect(metric));
    }

    private static PooledComparison Contrast(IReadOnlyList<IReadOnlyList<IReadOnlyList<SampleResult>>> seeds,
        params (int Which, int Factor)[] sides) =>
        PooledComparison.Compute(
            [.. seeds.Select(rows => (IReadOnlyList<WeightedRows>)[.. sides.Select(s => new WeightedRows(rows[s.Which], s.Factor))])],
            StudyResults.IsCorrect(Accuracy.Robust));

    /// <summary>
    /// Creates the columns of every evaluation: clean accuracy if its weights differ from the headline's, robust accuracy and the
    /// gap.
    /// </summary>
    private static IEnumerable<Column<T>> EvaluationColumns<T>(StudyResults results, string dataset, string prefix, Func<T, StudyCell?> cell)
    {
        var unbalanced = results.IsUnbalanced(dataset);
        foreach (var e in results.Study.Evaluations)
        {
            var slug = Grid.Slug(e.Name, '_');
            Func<T, SeedSpread?> Select(Func<StudyCell, StudyEvaluation, SeedSpread?> number) => row => cell(row) is { } c ? number(c, e) : null;
            IEnumerable<Column<T>> columns =
            [
                .. e.Weights == results.Study.Headline.Weights ? []
                    : SpreadColumns($"{prefix}clean, {e.Name}", $"clean_{slug}", Select(results.Clean)),
                .. e.Attacks.Count == 0 ? [] : SpreadColumns($"{prefix}{e.Name}", $"robust_{slug}", Select(results.Robust)),
                .. e.Attacks.Count == 0 || !unbalanced ? []
                    : SpreadColumns($"{prefix}{e.Name}, balanced", $"balanced_{slug}", Select(results.BalancedRobust)),
                .. e.TrainingImages is null || e.Attacks.Count == 0 ? []
                    : SpreadColumns($"gap, {e.Name}", $"gap_{slug}", Select(results.Gap), best: false),
            ];
            foreach (var column in columns) yield return column;
        }
    }

    internal static Column<T>[] SpreadColumns<T>(string head, string key, Func<T, SeedSpread?> spread, bool best = true) =>
    [
        new(head, key, r => spread(r)?.Mean, r => spread(r) is { } s ? StudyText.FormatPoints(s) : "") { HighestIsBest = best },
        new("", $"{key}_deviation", r => spread(r)?.Deviation),
    ];

    private static string FormatRange(double low, double high) =>
        low == high ? ReportFormat.Percent(low) : ReportFormat.Percent(new Interval(low, high));

    private static string FormatShare(double? share) => share is { } s ? ReportFormat.Percent(s) : "";

    private static string FormatPValue(double p) => ReportFormat.PValue(p, "0.0000");
}
