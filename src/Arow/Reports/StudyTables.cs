using Arow.Evaluation;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>The tables of a study.</summary>
internal static class StudyTables
{
    /// <summary>Methods in their selected settings, under every evaluation.</summary>
    public static StudyTable Methods(StudyResults results, string dataset, string suffix)
    {
        var study = results.Study;
        var rows = study.Methods.Select(m => (Method: m, Choice: results.Choice(dataset, m))).ToList();
        return StudyTable.Of($"methods{suffix}", rows,
        [
            new("method", "method", r => r.Method),
            new("setting", "setting", r => r.Choice.Cell?.Setting, r => r.Choice.Cell is { } cell ? cell.Setting : "not selected yet"),
            new("tried", "settings_tried", r => r.Choice.Tried),
            new("seeds", "seeds", r => Clean(r)?.Seeds ?? 0),
            .. Spread<(string Method, Choice Choice)>("clean", "clean", Clean),
            .. results.IsUnbalanced(dataset) ? Spread<(string Method, Choice Choice)>("clean, balanced", "balanced_clean", r => r.Choice.Cell is { } cell ? results.BalancedClean(cell, study.Headline) : null) : [],
            .. Measured<(string Method, Choice Choice)>(results, dataset, "", r => r.Choice.Cell),
        ]);

        Spread? Clean((string Method, Choice Choice) r) => r.Choice.Cell is { } cell ? results.Clean(cell, study.Headline) : null;
    }

    /// <summary>All settings with validation and test accuracies.</summary>
    public static StudyTable Settings(StudyResults results, string dataset, string suffix)
    {
        var study = results.Study;
        var chosen = study.Methods.Select(m => results.Choice(dataset, m).Cell).ToHashSet();
        var front = StudyCurve.Front(StudyCurve.All(results, dataset)).Select(p => p.Cell).ToHashSet();
        var cells = study.Methods.SelectMany(m => study.Cells(dataset, m)).ToList();
        return StudyTable.Of($"settings{suffix}", cells,
        [
            new("method", "method", c => c.Method),
            new("setting", "setting", c => c.Setting),
            new("selected", "chosen", c => chosen.Contains(c), c => chosen.Contains(c) ? "yes" : ""),
            new("front", "on_pareto_front", c => front.Contains(c), c => front.Contains(c) ? "yes" : ""),
            new("runs", "runs_trained", c => results.Of(c).Count(r => r.Selected is not null)),
            .. Spread<StudyCell>("validation clean", "validation_clean", c => results.Spread(c, r => r.Selected?.Clean)),
            .. Spread<StudyCell>("validation robust", "validation_robust", c => results.Spread(c, r => r.Selected?.Robust)),
            .. Spread<StudyCell>("test clean", "clean", c => results.Clean(c, study.Headline)),
            .. results.IsUnbalanced(dataset) ? Spread<StudyCell>("test clean, balanced", "balanced_clean", c => results.BalancedClean(c, study.Headline)) : [],
            .. Measured<StudyCell>(results, dataset, "test ", c => c),
        ]);
    }

    /// <summary>Tests of the reference against every other method.</summary>
    public static StudyTable Pairs(StudyResults results, string dataset, StudyEvaluation evaluation, string suffix)
    {
        var study = results.Study;
        var (judged, right) = Judged(evaluation);
        var rows = new List<Pair>();
        if (results.Choice(dataset, study.Reference).Cell is { } reference)
        {
            foreach (var other in study.Methods.Where(m => m != study.Reference).Select(m => results.Choice(dataset, m).Cell).OfType<StudyCell>())
            {
                if (results.Compare(reference, other, evaluation, right) is { } difference && results.Compare(reference, other, evaluation, StudyResults.Right(Accuracy.Clean)) is { } clean)
                    rows.Add(new Pair(other, clean, difference));
            }
        }
        var adjusted = Holm.Adjust([.. rows.Select(r => r.Judged.PValue)]);
        rows = [.. rows.Zip(adjusted, (row, p) => row with { Adjusted = p })];
        return StudyTable.Of($"pairs-{Grid.Slug(evaluation.Name)}{suffix}", rows,
        [
            new(study.Reference + " minus …", "other", r => r.Other.Method),
            new("", "reference", _ => study.Reference),
            new("", "other_setting", r => r.Other.Setting),
            new("seeds", "seeds", r => r.Judged.Seeds),
            new("", "images", r => r.Judged.Images),
            .. evaluation.Attacks.Count == 0 ? [] : Difference<Pair>("clean", r => r.Clean, apart: true),
            .. Difference<Pair>(judged, r => r.Judged, apart: true),
            new("", "p", r => r.Judged.PValue),
            new("p", "p_holm", r => r.Adjusted, r => P(r.Adjusted)),
            new("", $"{judged}_seeds_low", r => r.Judged.SeedInterval?.Low),
            new("", $"{judged}_seeds_high", r => r.Judged.SeedInterval?.High),
            new("", "seeds_ahead", r => r.Judged.SeedsAhead),
            new("", "mcnemar_p_by_seed", r => string.Join(' ', r.Judged.Pairs.Select(p => StudyTable.Text(p.PValue)))),
            new("", "only_reference_by_seed", r => string.Join(' ', r.Judged.Pairs.Select(p => p.OnlyFirst))),
            new("", "only_other_by_seed", r => string.Join(' ', r.Judged.Pairs.Select(p => p.OnlySecond))),
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
            return EndpointResult.Of(results, [new Endpoint(study.Reference, [.. others], a.Metric, a.Evaluation, dataset, study.Margin)]);
        });
        return [.. rows.Where(r => r.OverSeeds is not null)];
    }

    /// <summary>Creates a compact table, for terminals, of comparisons over seeds with the same arm and margin.</summary>
    public static Table Summary(IReadOnlyList<EndpointResult> rows) => StudyTable.Of("summary", rows,
    [
        new($"{rows[0].Endpoint.Arm} minus …", "other", r => r.Other),
        SeedDifference with { Head = NamedValue.Of(rows[0].Endpoint.Metric) },
        SeedLow, SeedPValue,
        SeedLevel with { Head = $"p, level ±{EndpointWords.Points(rows[0].Endpoint.Margin)}", Shown = r => r.AdjustedEquivalencePValue is { } p ? P(p) : "" },
        SeedProbability,
    ]).Shown;

    private static readonly Column<EndpointResult> SeedDifference = new("difference", "difference", r => r.OverSeeds?.Difference,
        r => r.OverSeeds is { } s ? StudyWords.Points(s.Difference) : "not evaluated yet");

    private static readonly Column<EndpointResult> SeedLow = new("95 %, seeds", "low", r => r.OverSeeds?.DifferenceInterval?.Low,
        r => r.OverSeeds is not { } s ? "" : s.DifferenceInterval is { } i ? StudyWords.Points(i) : s.Seeds == 1 ? "one seed" : "no spread");

    private static readonly Column<EndpointResult> SeedPValue = new("p", "p_holm", r => r.OverSeeds is null ? null : r.AdjustedPValue,
        r => r.OverSeeds is null ? "" : P(r.AdjustedPValue));

    private static readonly Column<EndpointResult> SeedLevel = new("p, level", "p_level_holm", r => r.AdjustedEquivalencePValue,
        r => r.AdjustedEquivalencePValue is { } p ? $"{P(p)} (±{EndpointWords.Points(r.Endpoint.Margin)})" : "");

    private static readonly Column<EndpointResult> SeedProbability = new("P(ahead)", "probability_ahead", r => r.OverSeeds?.ProbabilityAhead,
        r => r.OverSeeds is { } s ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{s.ProbabilityAhead:0.00} ({s.ProbabilityAheadIndependent:0.00})") : "");

    /// <summary>Comparisons with the seed as the unit.</summary>
    public static StudyTable OverSeeds(string name, IReadOnlyList<EndpointResult> rows) => StudyTable.Of(name, rows,
    [
        new("arm", "arm", r => r.Endpoint.Arm),
        new("minus …", "other", r => r.Other),
        new("accuracy", "metric", r => NamedValue.Of(r.Endpoint.Metric), EndpointWords.Accuracy),
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
        new("verdict", "verdict", r => NamedValue.Of(r.Verdict)),
    ], numbers: false);

    /// <summary>The reference's curves against all others in the common range of clean accuracy.</summary>
    public static StudyTable EqualClean(StudyResults results, string dataset, string suffix)
    {
        var curves = StudyCurve.All(results, dataset);
        var rows = curves.Where(c => c.Method == results.Study.Reference)
            .SelectMany(a => curves.Where(b => b.Method != a.Method && a.Points.Count + b.Points.Count > 2).Select(b => (A: a, B: b)))
            .Select(p => (p.A, p.B, Mean: Curve.Compare(p.A.Mean, p.B.Mean), BySeed: Studies.Spread.Of(
                [.. results.Study.Seeds.Select(s => p.A.Of(results, s) is { } a && p.B.Of(results, s) is { } b ? Curve.Compare(a, b)?.Middle : null).OfType<double>()])))
            .ToList();
        return StudyTable.Of($"equal-clean{suffix}", rows,
        [
            new("curve", "curve", r => r.A.Name),
            new("minus", "other", r => r.B.Name),
            new("common clean accuracy", "clean_low", r => r.Mean?.Low, r => r.Mean is { } m ? Stretch(m.Low, m.High)
                : $"none, no comparison: {Stretch(r.A.Mean.Low, r.A.Mean.High)} against {Stretch(r.B.Mean.Low, r.B.Mean.High)}"),
            new("", "clean_high", r => r.Mean?.High),
            new("halfway", "robust_halfway", r => r.Mean?.Middle, r => r.Mean is { } m ? StudyWords.Points(m.Middle) : ""),
            new("from … to", "robust_least", r => r.Mean?.Least, r => r.Mean is { } m ? StudyWords.Points(new Interval(m.Least, m.Most)) : ""),
            new("", "robust_most", r => r.Mean?.Most),
            new("by seed", "robust_seed_mean", r => r.BySeed?.Mean, r => r.BySeed is { } s ? $"{StudyWords.Points(s.Mean)}{(s.Deviation is { } d ? $" ± {100 * d:F1}" : "")}" : ""),
            new("", "robust_seed_deviation", r => r.BySeed?.Deviation),
            new("seeds", "seeds", r => r.BySeed?.Seeds ?? 0),
        ]);
    }

    /// <summary>Settings that differ only in label smoothing.</summary>
    public static StudyTable Smoothing(StudyResults results, string dataset, string suffix)
    {
        const string Piece = "label smoothing";
        var study = results.Study;
        var cells = study.Methods.SelectMany(m => study.Cells(dataset, m)).Select(c => (Cell: c, study.Of(c)[0].Options))
            .Select(c => (c.Cell, Pieces: Pieces.Of(c.Options), Tuned: (study.Of(c.Cell)[0].Lambda, c.Options.LearningRate, c.Options.StepSize))).ToList();
        var pairs = cells.SelectMany(a => cells.Where(b =>
                a.Tuned == b.Tuned && Pieces.Difference(a.Pieces, b.Pieces) is [Piece] && Number(a.Pieces[Piece]) < Number(b.Pieces[Piece]))
            .Select(b => new Change(a.Cell, b.Cell, Piece, a.Pieces[Piece], b.Pieces[Piece]))).ToList();
        return ChangesTable($"label-smoothing{suffix}", results, pairs, settings: true);

        static double Number(string text) => Ratio.Parse(text)!.Value.Value;
    }

    /// <summary>Methods that differ in one component.</summary>
    public static StudyTable Changes(StudyResults results, string dataset, string suffix) =>
        ChangesTable($"changes{suffix}", results, [.. OneChange(results, dataset)], settings: false);

    /// <summary>Methods that differ in two components, with those in between.</summary>
    public static StudyTable Together(StudyResults results, string dataset, string suffix)
    {
        var (study, evaluation) = (results.Study, results.Study.Headline);
        List<Change> changes = evaluation.Attacks.Count == 0 ? [] : [.. OneChange(results, dataset)];
        // base + first, base + second, and both from either.
        var squares =
            from first in changes
            from second in changes
            where first.From == second.From && first.To != second.To
                && study.Methods.ToList().IndexOf(first.To.Method) < study.Methods.ToList().IndexOf(second.To.Method)
            from both in changes.Where(c => c.From == first.To && (c.Piece, c.Before, c.After) == (second.Piece, second.Before, second.After))
            where changes.Any(c => c.From == second.To && c.To == both.To && (c.Piece, c.Before, c.After) == (first.Piece, first.Before, first.After))
            select (first, second, Both: both.To);
        var rows = squares.Select(s => (s.first, s.second, s.Both, Sides: results.Common([s.first.From, s.first.To, s.second.To, s.Both], evaluation)))
            .Where(s => s.Sides.Count > 0)
            .Select(s => (s.first, s.second, s.Both,
                One: Contrast(s.Sides, (1, 1), (0, -1)), Other: Contrast(s.Sides, (2, 1), (0, -1)), All: Contrast(s.Sides, (3, 1), (0, -1)),
                Beyond: Contrast(s.Sides, (3, 1), (1, -1), (2, -1), (0, 1)))).ToList();
        return StudyTable.Of($"together{suffix}", rows,
        [
            new("neither", "neither", r => r.first.From.Method),
            new("both", "both", r => r.Both.Method),
            new("first change", "first_change", r => r.first.Words),
            new("robust", "first_robust", r => r.One.Difference, r => StudyWords.Points(r.One.Difference)),
            new("second change", "second_change", r => r.second.Words),
            new("robust", "second_robust", r => r.Other.Difference, r => StudyWords.Points(r.Other.Difference)),
            new("both: robust", "both_robust", r => r.All.Difference, r => StudyWords.Points(r.All.Difference)),
            new("beyond the sum", "beyond_sum", r => r.Beyond.Difference, r => $"{StudyWords.Points(r.Beyond.Difference)} ({StudyWords.Points(r.Beyond.DifferenceInterval)})"),
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
            let cell = results.Choice(dataset, method).Cell
            where cell is not null
            from evaluation in study.Evaluations
            let measured = results.Of(cell).Select(r => r.Measured.GetValueOrDefault(evaluation.Name)?.Summary).Where(s => s is not null).ToList()
            where measured.Count > 0
            from attack in measured[0]!.Attacks.Select(a => a.Name)
            select (method, evaluation, attack, Left: Studies.Spread.Of([.. measured.Select(s => s!.Attacks.FirstOrDefault(a => a.Name == attack)?.Accuracy).OfType<double>()]));
        return StudyTable.Of($"attacks{suffix}", rows.ToList(),
        [
            new("method", "method", r => r.method),
            new("evaluation", "evaluation", r => r.evaluation.Name),
            new("attack", "attack", r => r.attack),
            .. Spread<(string method, StudyEvaluation evaluation, string attack, Spread? Left)>("accuracy after it", "accuracy", r => r.Left),
            new("seeds", "seeds", r => r.Left?.Seeds ?? 0),
        ], numbers: false);
    }

    /// <summary>All runs.</summary>
    public static StudyTable Runs(StudyResults results)
    {
        var study = results.Study;
        return StudyTable.Of("runs", results.Runs,
        [
            new("run", "run", r => r.Run.Name),
            new("", "dataset", r => r.Run.Cell.Dataset),
            new("", "method", r => r.Run.Cell.Method),
            new("", "setting", r => r.Run.Cell.Setting),
            new("", "seed", r => r.Run.Seed),
            new("epoch", "epoch", r => r.Selected?.Epoch, r => r.Selected is { } s ? $"{s.Epoch} of {s.Epochs}" : r.Failure is null ? "not trained yet" : "failed"),
            new("validation clean", "validation_clean", r => r.Selected?.Clean, r => Share(r.Selected?.Clean)),
            new("validation robust", "validation_robust", r => r.Selected?.Robust, r => Share(r.Selected?.Robust)),
            new("test clean", "clean", r => Summary(r, study.Headline)?.CleanAccuracy, r => Share(Summary(r, study.Headline)?.CleanAccuracy)),
            .. study.Evaluations.Where(e => e.Attacks.Count > 0).SelectMany(e => (Column<RunResult>[])
            [
                new($"test {e.Name}", $"robust_{Grid.Slug(e.Name, '_')}", r => Summary(r, e)?.RobustAccuracy, r => Share(Summary(r, e)?.RobustAccuracy)),
                new("", $"images_{Grid.Slug(e.Name, '_')}", r => Summary(r, e)?.N),
            ]),
            new("", "weights_sha256", r => r.Measured.Values.FirstOrDefault()?.Summary.Subject.WeightsSha256),
        ]);

        static EvaluationSummary? Summary(RunResult run, StudyEvaluation evaluation) => run.Measured.GetValueOrDefault(evaluation.Name)?.Summary;
    }

    private sealed record Change(StudyCell From, StudyCell To, string Piece, string Before, string After)
    {
        public string Words => $"{Piece}: {Before} to {After}";
    }

    /// <summary>Returns pairs of methods in their selected settings that differ in one component, from the simpler to the other.</summary>
    private static IEnumerable<Change> OneChange(StudyResults results, string dataset)
    {
        var study = results.Study;
        var cells = study.Methods.Select(m => results.Choice(dataset, m).Cell).OfType<StudyCell>()
            .Select(c => (Cell: c, Pieces: Pieces.Of(study.Of(c)[0].Options))).ToList();
        return from a in cells.Index()
               from b in cells.Skip(a.Index + 1)
               let difference = Pieces.Difference(a.Item.Pieces, b.Pieces)
               where difference.Count == 1
               let piece = difference[0]
               let swap = Plain(b.Pieces[piece]) < Plain(a.Item.Pieces[piece])
               let plain = swap ? b : a.Item
               let other = swap ? a.Item : b
               select new Change(plain.Cell, other.Cell, piece, plain.Pieces[piece], other.Pieces[piece]);
    }

    /// <summary>Rank of a component by simplicity: absent, then numbers, then words in the order of the file.</summary>
    private static double Plain(string value) =>
        value is "none" or "no regularizer" ? double.NegativeInfinity : Ratio.Parse(value)?.Value ?? double.PositiveInfinity;

    private static StudyTable ChangesTable(string name, StudyResults results, List<Change> changes, bool settings)
    {
        var evaluation = results.Study.Headline;
        var (judged, right) = Judged(evaluation);
        var rows = changes
            .Select(c => (Change: c, Clean: results.Compare(c.To, c.From, evaluation, StudyResults.Right(Accuracy.Clean)), Judged: results.Compare(c.To, c.From, evaluation, right)))
            .Where(c => c.Judged is not null).Select(c => new Changed(c.Change, c.Clean!, c.Judged!)).ToList();
        return StudyTable.Of(name, rows,
        [
            new("from", "from", r => settings ? r.Change.From.Title : r.Change.From.Method),
            new("to", "to", r => settings ? r.Change.To.Title : r.Change.To.Method),
            new("change", "change", r => r.Change.Words),
            .. evaluation.Attacks.Count == 0 ? [] : Difference<Changed>("clean", r => r.Clean, apart: false),
            .. Difference<Changed>(judged, r => r.Judged, apart: false),
            new("p", "p", r => r.Judged.PValue, r => P(r.Judged.PValue)),
            new("better in", "seeds_better", r => r.Judged.SeedsAhead, r => $"{r.Judged.SeedsAhead} of {r.Judged.Seeds} seeds"),
            new("", "seeds", r => r.Judged.Seeds),
        ], numbers: false);
    }

    private sealed record Pair(StudyCell Other, PooledComparison Clean, PooledComparison Judged, double Adjusted = double.NaN);

    private sealed record Changed(Change Change, PooledComparison Clean, PooledComparison Judged);

    /// <summary>Creates columns for a difference and its interval over images, shown in a separate column or in brackets.</summary>
    private static Column<T>[] Difference<T>(string what, Func<T, PooledComparison> of, bool apart) =>
    [
        new(what, $"{what}_difference", r => of(r).Difference, r => apart ? StudyWords.Points(of(r).Difference) : $"{StudyWords.Points(of(r).Difference)} ({StudyWords.Points(of(r).DifferenceInterval)})"),
        new(apart ? "95 %, images" : "", $"{what}_low", r => of(r).DifferenceInterval.Low, r => StudyWords.Points(of(r).DifferenceInterval)),
        new("", $"{what}_high", r => of(r).DifferenceInterval.High),
    ];

    /// <summary>Returns the decisive metric of an evaluation: clean accuracy if there is no attack.</summary>
    private static (string Name, Func<SampleResult, bool> Right) Judged(StudyEvaluation evaluation)
    {
        var metric = evaluation.Attacks.Count == 0 ? Accuracy.Clean : Accuracy.Robust;
        return (NamedValue.Of(metric), StudyResults.Right(metric));
    }

    private static PooledComparison Contrast(IReadOnlyList<IReadOnlyList<IReadOnlyList<SampleResult>>> seeds, params (int Which, int Factor)[] sides) =>
        PooledComparison.Of([.. seeds.Select(rows => (IReadOnlyList<Side>)[.. sides.Select(s => new Side(rows[s.Which], s.Factor))])], StudyResults.Right(Accuracy.Robust));

    /// <summary>
    /// Creates the columns of every evaluation: clean accuracy if its weights differ from the headline's, robust accuracy and the
    /// gap.
    /// </summary>
    private static IEnumerable<Column<T>> Measured<T>(StudyResults results, string dataset, string prefix, Func<T, StudyCell?> cell)
    {
        var unbalanced = results.IsUnbalanced(dataset);
        foreach (var e in results.Study.Evaluations)
        {
            var slug = Grid.Slug(e.Name, '_');
            Func<T, Spread?> Of(Func<StudyCell, StudyEvaluation, Spread?> number) => row => cell(row) is { } c ? number(c, e) : null;
            IEnumerable<Column<T>> columns =
            [
                .. e.Weights == results.Study.Headline.Weights ? [] : Spread($"{prefix}clean, {e.Name}", $"clean_{slug}", Of(results.Clean)),
                .. e.Attacks.Count == 0 ? [] : Spread($"{prefix}{e.Name}", $"robust_{slug}", Of(results.Robust)),
                .. e.Attacks.Count == 0 || !unbalanced ? [] : Spread($"{prefix}{e.Name}, balanced", $"balanced_{slug}", Of(results.BalancedRobust)),
                .. e.TrainingImages is null || e.Attacks.Count == 0 ? [] : Spread($"gap, {e.Name}", $"gap_{slug}", Of(results.Gap)),
            ];
            foreach (var column in columns) yield return column;
        }
    }

    private static Column<T>[] Spread<T>(string head, string key, Func<T, Spread?> spread) =>
    [
        new(head, key, r => spread(r)?.Mean, r => spread(r) is { } s ? StudyWords.Points(s) : ""),
        new("", $"{key}_deviation", r => spread(r)?.Deviation),
    ];

    private static string Stretch(double low, double high) => low == high ? Wording.Percent(low) : Wording.Percent(new Interval(low, high));

    private static string Share(double? share) => share is { } s ? Wording.Percent(s) : "";

    private static string P(double p) => p < 1e-4 ? "< 0.0001" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{p:0.0000}");
}
