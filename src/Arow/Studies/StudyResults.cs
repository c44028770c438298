using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Studies;

/// <summary>The result of an evaluation of a run.</summary>
/// <param name="Summary">The summary.</param>
/// <param name="Rows">A row for each image.</param>
internal sealed record Measurement(EvaluationSummary Summary, IReadOnlyList<SampleResult> Rows)
{
    /// <summary>The same on training images; null if not requested.</summary>
    public EvaluationSummary? Training { get; init; }

    /// <summary>The generalization gap: robust accuracy on training images minus that on test images.</summary>
    public double? Gap => Training?.RobustAccuracy - Summary.RobustAccuracy;
}

/// <summary>The results of a run so far.</summary>
/// <param name="Run">The run.</param>
/// <param name="Selected">The selection; null if its training is not complete.</param>
/// <param name="Failure">Why its training failed; null if it did not.</param>
/// <param name="Measured">The results of its evaluations, by name.</param>
internal sealed record RunResult(
    StudyRun Run, SelectionRecord? Selected, string? Failure, IReadOnlyDictionary<string, Measurement> Measured)
{
    /// <summary>Processor time of its training; null if it is not complete, or of an older version.</summary>
    public double? ProcessorSeconds { get; init; }
}

/// <summary>All results of a study so far.</summary>
/// <param name="Study">The study.</param>
/// <param name="Runs">The results in its order.</param>
internal sealed record StudyResults(Study Study, IReadOnlyList<RunResult> Runs)
{
    /// <summary>The stated endpoints, from the oldest to the present ones.</summary>
    public IReadOnlyList<StatedEndpoints> Stated { get; init; } = [];

    /// <summary>Reads the results.</summary>
    /// <exception cref="InputException">A file is damaged, or results are not of the weights beside them.</exception>
    public static StudyResults Read(Study study, StudyFolder folder)
    {
        var results = new StudyResults(study,
        [
            .. from run in study.Runs
               let selected = folder.Selected(run)
               select new RunResult(run, selected, folder.Failure(run), study.Evaluations
                   .Where(e => folder.IsMeasured(run, e))
                   .ToDictionary(e => e.Name, e => ReadMeasurement(folder, run, e)))
               {
                   ProcessorSeconds = selected is null ? null : ReadProcessorSeconds(folder, run),
               },
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
                    + "(the hashes of the data differ); delete the folder of one of the two evaluations to evaluate it again");
        }
        return results;
    }

    /// <summary>Returns the setting of a method that validation selects from the results so far.</summary>
    public ChosenSetting GetChosenSetting(string dataset, string method)
    {
        var runs = Runs.Where(r => r.Run.Cell.Dataset == dataset && r.Run.Cell.Method == method).ToDictionary(r => r.Run);
        return Studies.ChosenSetting.Choose([.. runs.Keys], r => runs[r].Selected, r => runs[r].Failure is not null);
    }

    /// <summary>The repetitions of a setting.</summary>
    public IReadOnlyList<RunResult> ResultsOf(StudyCell cell) => [.. Runs.Where(r => r.Run.Cell == cell)];

    /// <summary>Computes the spread over seeds of a number, over the repetitions that have it.</summary>
    public SeedSpread? ComputeSpread(StudyCell cell, Func<RunResult, double?> number) =>
        SeedSpread.Compute([.. ResultsOf(cell).Select(number).OfType<double>()]);

    /// <summary>Clean accuracy on the images of an evaluation.</summary>
    public SeedSpread? Clean(StudyCell cell, StudyEvaluation evaluation) =>
        ComputeSpread(cell, r => r.Measured.GetValueOrDefault(evaluation.Name)?.Summary.CleanAccuracy);

    /// <summary>Robust accuracy under all attacks of an evaluation.</summary>
    public SeedSpread? Robust(StudyCell cell, StudyEvaluation evaluation) =>
        ComputeSpread(cell, r => r.Measured.GetValueOrDefault(evaluation.Name)?.Summary.RobustAccuracy);

    /// <summary>Whether the classes are so unequal in size that accuracy alone is not informative.</summary>
    public bool IsUnbalanced(string dataset) => Runs.Where(r => r.Run.Cell.Dataset == dataset)
        .SelectMany(r => r.Measured.Values).Take(1).Any(m => BalancedAccuracy.IsNeeded(m.Summary.Classes.Select(c => c.N)));

    /// <summary>Balanced clean accuracy on the images of an evaluation.</summary>
    public SeedSpread? BalancedClean(StudyCell cell, StudyEvaluation evaluation) =>
        ComputeSpread(cell, r => r.Measured.GetValueOrDefault(evaluation.Name)?.Summary.BalancedCleanAccuracy);

    /// <summary>Balanced robust accuracy under all attacks of an evaluation.</summary>
    public SeedSpread? BalancedRobust(StudyCell cell, StudyEvaluation evaluation) =>
        ComputeSpread(cell, r => r.Measured.GetValueOrDefault(evaluation.Name)?.Summary.BalancedRobustAccuracy);

    /// <summary>Robust accuracy on training images minus that on test images.</summary>
    public SeedSpread? Gap(StudyCell cell, StudyEvaluation evaluation) =>
        ComputeSpread(cell, r => r.Measured.GetValueOrDefault(evaluation.Name)?.Gap);

    /// <summary>Compares two settings over the seeds that have both; null if there are none.</summary>
    /// <param name="first">One setting.</param>
    /// <param name="second">The other setting.</param>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="right">The condition that counts.</param>
    /// <exception cref="InputException">They were not measured on the same images.</exception>
    public PooledComparison? Compare(StudyCell first, StudyCell second, StudyEvaluation evaluation, Func<SampleResult, bool> right)
    {
        var seeds = CommonRows([first, second], evaluation);
        return seeds.Count == 0 ? null : PooledComparison.Compute([.. seeds.Select(s => (s[0], s[1]))], right);
    }

    /// <summary>Compares the arm of an endpoint with another arm over the seeds that have both; null if there are none yet.</summary>
    /// <exception cref="InputException">They were not measured on the same images.</exception>
    public SeedComparison? Compare(Endpoint endpoint, string other) =>
        Arm(endpoint.Dataset, endpoint.Arm) is { } first && Arm(endpoint.Dataset, other) is { } second
            ? Compare(first, second, endpoint.Evaluation, IsCorrect(endpoint.Metric))?.OverSeeds : null;

    /// <summary>The condition that a metric counts.</summary>
    public static Func<SampleResult, bool> IsCorrect(Accuracy metric) => metric == Accuracy.Clean ? row => row.Clean == row.Label : row => row.Robust;

    /// <summary>Returns a method in its selected setting, null while none is selected; or the setting with that title.</summary>
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

    private static double? ReadProcessorSeconds(StudyFolder folder, StudyRun run)
    {
        var epochs = folder.Run(run).ReadLog();
        return epochs.Any(e => e.ProcessorSeconds is null) ? null : epochs.Sum(e => e.ProcessorSeconds);
    }

    private static Measurement ReadMeasurement(StudyFolder folder, StudyRun run, StudyEvaluation evaluation)
    {
        var (weights, test) = (folder.Run(run).WeightsFor(evaluation.Weights), folder.Evaluation(run, evaluation));
        var (summary, rows) = test.Read();
        var training = evaluation.TrainingImages is null ? null : EvaluationSummary.Read(folder.TrainingEvaluation(run, evaluation).Summary);
        // A folder may be passed on without weights.
        var hash = File.Exists(weights) ? EvaluationRun.HashFile(weights) : summary.Subject.WeightsSha256;
        if (hash != summary.Subject.WeightsSha256 || (training is not null && hash != training.Subject.WeightsSha256))
            throw new InputException($"{test.Path}: is of other weights than {weights}; delete the folder to evaluate them again");
        return new Measurement(summary, rows) { Training = training };
    }
}
