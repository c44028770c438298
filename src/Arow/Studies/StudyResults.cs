using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Studies;

/// <summary>What an evaluation of a run found.</summary>
/// <param name="Summary">The numbers.</param>
/// <param name="Rows">A row for each image.</param>
internal sealed record Measurement(EvaluationSummary Summary, IReadOnlyList<SampleResult> Rows)
{
    /// <summary>The same on training images; null if none were asked for.</summary>
    public EvaluationSummary? Training { get; init; }

    /// <summary>The generalization gap: robust accuracy on training images less that on test images.</summary>
    public double? Gap => Training?.RobustAccuracy - Summary.RobustAccuracy;
}

/// <summary>A run as far as it has come.</summary>
/// <param name="Run">The run.</param>
/// <param name="Selected">What was selected; null if its training has not ended.</param>
/// <param name="Failure">Why it cannot be trained; null if nothing is in the way.</param>
/// <param name="Measured">What its evaluations found, by their names.</param>
internal sealed record RunResult(
    StudyRun Run, SelectionRecord? Selected, string? Failure, IReadOnlyDictionary<string, Measurement> Measured);

/// <summary>Everything that there is of a study.</summary>
/// <param name="Study">What was to be done.</param>
/// <param name="Runs">In its order.</param>
internal sealed record StudyResults(Study Study, IReadOnlyList<RunResult> Runs)
{
    /// <summary>The endpoints that were stated, from the oldest to what the study states now.</summary>
    public IReadOnlyList<StatedEndpoints> Stated { get; init; } = [];

    /// <summary>Reads what is there.</summary>
    /// <exception cref="InputException">A file is damaged, or results are not of the weights beside them.</exception>
    public static StudyResults Read(Study study, StudyFolder folder)
    {
        var results = new StudyResults(study,
        [
            .. study.Runs.Select(run => new RunResult(run, folder.Selected(run), folder.Failure(run), study.Evaluations
                .Where(e => folder.IsMeasured(run, e))
                .ToDictionary(e => e.Name, e => ReadMeasurement(folder, run, e)))),
        ])
        {
            Stated = folder.Endpoints(study),
        };
        var data = new Dictionary<(string Dataset, string Evaluation), (RunResult First, string Hash)>();
        foreach (var (run, name, hash) in results.Runs.SelectMany(r => r.Measured.Select(m => (r, m.Key, m.Value.Summary.Subject.DataSha256))))
        {
            if (hash is null || data.TryAdd((run.Run.Cell.Dataset, name), (run, hash)) || data[(run.Run.Cell.Dataset, name)] is var (first, other)
                && other == hash) continue;
            throw new InputException(
                $"{folder.Path}: {data[(run.Run.Cell.Dataset, name)].First.Run.Name} and {run.Run.Name} were measured by {name} on different images "
                    + $"(the hashes of the data differ); once the folder of one of the two evaluations is gone it is measured again");
        }
        return results;
    }

    /// <summary>The setting of a method that validation chooses from what is there.</summary>
    public ChosenSetting GetChosenSetting(string dataset, string method)
    {
        var runs = Runs.Where(r => r.Run.Cell.Dataset == dataset && r.Run.Cell.Method == method).ToDictionary(r => r.Run);
        return Studies.ChosenSetting.Choose([.. runs.Keys], r => runs[r].Selected, r => runs[r].Failure is not null);
    }

    /// <summary>The repetitions of a setting.</summary>
    public IReadOnlyList<RunResult> ResultsOf(StudyCell cell) => [.. Runs.Where(r => r.Run.Cell == cell)];

    /// <summary>A number of each repetition that has it, over seeds.</summary>
    public SeedSpread? ComputeSpread(StudyCell cell, Func<RunResult, double?> number) =>
        Arow.Statistics.SeedSpread.Compute([.. ResultsOf(cell).Select(number).OfType<double>()]);

    /// <summary>Clean accuracy on the images of an evaluation.</summary>
    public SeedSpread? Clean(StudyCell cell, StudyEvaluation evaluation) =>
        ComputeSpread(cell, r => r.Measured.GetValueOrDefault(evaluation.Name)?.Summary.CleanAccuracy);

    /// <summary>Robust accuracy under all attacks of an evaluation.</summary>
    public SeedSpread? Robust(StudyCell cell, StudyEvaluation evaluation) =>
        ComputeSpread(cell, r => r.Measured.GetValueOrDefault(evaluation.Name)?.Summary.RobustAccuracy);

    /// <summary>Whether some classes of the measured images are so much more common than others that accuracy alone says too little.</summary>
    public bool IsUnbalanced(string dataset) => Runs.Where(r => r.Run.Cell.Dataset == dataset)
        .SelectMany(r => r.Measured.Values).Take(1).Any(m => BalancedAccuracy.IsNeeded(m.Summary.Classes.Select(c => c.N)));

    /// <summary>Balanced clean accuracy on the images of an evaluation.</summary>
    public SeedSpread? BalancedClean(StudyCell cell, StudyEvaluation evaluation) =>
        ComputeSpread(cell, r => r.Measured.GetValueOrDefault(evaluation.Name)?.Summary.BalancedCleanAccuracy);

    /// <summary>Balanced robust accuracy under all attacks of an evaluation.</summary>
    public SeedSpread? BalancedRobust(StudyCell cell, StudyEvaluation evaluation) =>
        ComputeSpread(cell, r => r.Measured.GetValueOrDefault(evaluation.Name)?.Summary.BalancedRobustAccuracy);

    /// <summary>Robust accuracy on training images less that on test images.</summary>
    public SeedSpread? Gap(StudyCell cell, StudyEvaluation evaluation) =>
        ComputeSpread(cell, r => r.Measured.GetValueOrDefault(evaluation.Name)?.Gap);

    /// <summary>Two settings on the seeds that have both; null if there are none.</summary>
    /// <param name="first">The one.</param>
    /// <param name="second">The other.</param>
    /// <param name="evaluation">By which they are compared.</param>
    /// <param name="right">What counts.</param>
    /// <exception cref="InputException">They were not measured on the same images.</exception>
    public PooledComparison? Compare(StudyCell first, StudyCell second, StudyEvaluation evaluation, Func<SampleResult, bool> right)
    {
        var seeds = CommonRows([first, second], evaluation);
        return seeds.Count == 0 ? null : PooledComparison.Compute([.. seeds.Select(s => (s[0], s[1]))], right);
    }

    /// <summary>The arm of an endpoint against another of its arms, over the seeds that have both; null while none has.</summary>
    /// <exception cref="InputException">They were not measured on the same images.</exception>
    public SeedComparison? Compare(Endpoint endpoint, string other) =>
        Arm(endpoint.Dataset, endpoint.Arm) is { } first && Arm(endpoint.Dataset, other) is { } second
            ? Compare(first, second, endpoint.Evaluation, IsCorrect(endpoint.Metric))?.OverSeeds : null;

    /// <summary>What counts as right.</summary>
    public static Func<SampleResult, bool> IsCorrect(Accuracy metric) => metric == Accuracy.Clean ? row => row.Clean == row.Label : row => row.Robust;

    /// <summary>A method in its chosen setting, null while none is chosen; or the setting of that title.</summary>
    private StudyCell? Arm(string dataset, string name) => Study.Methods.Contains(name)
        ? GetChosenSetting(dataset, name).Cell
        : Runs.Select(r => r.Run.Cell).First(c => c.Dataset == dataset && c.Title == name);

    /// <summary>Rows of several settings, for each seed that has all.</summary>
    public IReadOnlyList<IReadOnlyList<IReadOnlyList<SampleResult>>> CommonRows(IReadOnlyList<StudyCell> cells, StudyEvaluation evaluation) =>
    [
        .. Study.Seeds
            .Select(seed => cells.Select(cell => Runs.FirstOrDefault(r => r.Run.Cell == cell && r.Run.Seed == seed)?
                .Measured.GetValueOrDefault(evaluation.Name)?.Rows).ToList())
            .Where(rows => rows.All(r => r is not null))
            .Select(rows => (IReadOnlyList<IReadOnlyList<SampleResult>>)[.. rows.Select(r => r!)]),
    ];

    private static Measurement ReadMeasurement(StudyFolder folder, StudyRun run, StudyEvaluation evaluation)
    {
        var (weights, test) = (folder.Run(run).WeightsFor(evaluation.Weights), folder.Evaluation(run, evaluation));
        var (summary, rows) = test.Read();
        var training = evaluation.TrainingImages is null ? null : EvaluationSummary.Read(folder.TrainingEvaluation(run, evaluation).Summary);
        // A folder can be handed on without them.
        var hash = File.Exists(weights) ? EvaluationRun.HashFile(weights) : summary.Subject.WeightsSha256;
        if (hash != summary.Subject.WeightsSha256 || (training is not null && hash != training.Subject.WeightsSha256))
            throw new InputException($"{test.Path}: is of other weights than {weights}; once the folder is gone it is measured again");
        return new Measurement(summary, rows) { Training = training };
    }
}
