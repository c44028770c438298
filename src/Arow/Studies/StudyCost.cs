using System.Diagnostics;
using System.Globalization;
using Arow.Options;
using Arow.Registry;
using Arow.Training;

namespace Arow.Studies;

/// <summary>The remaining cost of runs with the same cost per step.</summary>
/// <param name="Methods">The methods of the runs.</param>
/// <param name="Cost">The measured cost, or that of similar runs; null if unknown.</param>
/// <param name="Remark">Why it was not measured; null if it was.</param>
/// <param name="Runs">The number of runs to train.</param>
/// <param name="Training">Seconds of all their trainings, including selection.</param>
/// <param name="Evaluation">Seconds of all their evaluations, at most.</param>
/// <param name="Longest">Seconds of the longest run, a lower limit for any number of processes.</param>
internal sealed record ConfigurationCost(
    IReadOnlyList<string> Methods, RunCost? Cost, string? Remark, int Runs, double Training, double Evaluation, double Longest);

/// <summary>
/// The remaining cost of a study on this machine. Steps are measured, see <see cref="CostTrial"/>; evaluations are
/// counted in passes at the measured cost of one, as if every image were robust to every attack, which is an upper bound.
/// </summary>
/// <param name="Configurations">One for each kind of run.</param>
internal sealed record StudyCost(IReadOnlyList<ConfigurationCost> Configurations)
{
    /// <summary>Seconds of all trainings.</summary>
    public double Training => Configurations.Sum(p => p.Training);

    /// <summary>Seconds of all evaluations, at most.</summary>
    public double Evaluation => Configurations.Sum(p => p.Evaluation);

    /// <summary>Whether something could not be measured, so that the sums are too small.</summary>
    public bool IsPartial => Configurations.Any(p => p.Cost is null);

    /// <summary>
    /// Returns the seconds that several concurrent processes need: faster by the number of cores for them, and
    /// no faster than the longest run.
    /// </summary>
    /// <param name="processes">At least 1.</param>
    /// <param name="threads">Threads of each; null for the number of cores.</param>
    /// <param name="cores">Cores of the machine.</param>
    public double Seconds(int processes, int? threads, int cores)
    {
        var parallel = Math.Clamp(cores / (threads ?? cores), 1, processes);
        return Math.Max((Training + Evaluation) / parallel, Configurations.Select(p => p.Longest).DefaultIfEmpty().Max());
    }

    /// <summary>Measures the remaining cost.</summary>
    /// <param name="study">The study.</param>
    /// <param name="folder">The study's folder.</param>
    /// <param name="timeLimit">After this time no other kind of run is measured; the rest gets the highest cost of similar runs.</param>
    /// <param name="stop">Requests a stop.</param>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public static StudyCost Measure(Study study, StudyFolder folder, TimeSpan timeLimit, CancellationToken stop = default)
    {
        var clock = Stopwatch.StartNew();
        var pending = new StudyRunner(study, folder).Pending();
        var images = new Dictionary<TrainingOptions, (int Training, int Selecting)>();
        var tests = new Dictionary<TrainingOptions, int>();
        var parts = new List<ConfigurationCost>();
        var measured = new List<(TrainingOptions Options, RunCost Cost)>();
        foreach (var group in pending.GroupBy(t => t.Run.Options.Only(SettingUses.Cost)))
        {
            stop.ThrowIfCancellationRequested();
            var methods = group.Select(t => t.Run.Cell.Method).Distinct().ToList();
            var trainings = group.Count(t => t.Evaluation is null);
            try
            {
                var options = group.First().Run.Options;
                var isOverTime = clock.Elapsed > timeLimit;
                var cost = isOverTime ? CostOfSimilar(options) : CostTrial.Measure(options, stop);
                if (!isOverTime) measured.Add((options, cost));
                var byRun = group.GroupBy(t => t.Run).Select(run => (
                    Training: run.Where(t => t.Evaluation is null).Sum(t => Training(t.Run, cost)),
                    Evaluation: run.Where(t => t.Evaluation is not null).Sum(t => Evaluation(t, cost) * Share(t)))).ToList();
                parts.Add(new ConfigurationCost(
                    methods, cost, isOverTime ? "measuring the others took too long; assumed to cost as much as the most expensive of them" : null, trainings,
                    byRun.Sum(r => r.Training), byRun.Sum(r => r.Evaluation), byRun.Max(r => r.Training + r.Evaluation)));
            }
            catch (Exception fault) when (fault is InputException or DivergedException or ArithmeticException)
            {
                parts.Add(new ConfigurationCost(methods, null, fault.Message, trainings, 0, 0, 0));
            }
        }
        return new StudyCost(parts);

        RunCost CostOfSimilar(TrainingOptions options)
        {
            // Of another method, with the same images, network and machine.
            var alike = Settings.All.Where(s => s.Uses.HasFlag(SettingUses.Cost) && (s.Uses & (SettingUses.Inputs | SettingUses.Machine)) != 0
                && s.Group != SettingGroup.Method).ToList();
            var similar = measured.Where(m => alike.TrueForAll(s => s.Get(m.Options) == s.Get(options))).ToList();
            return similar.Count > 0 ? similar.MaxBy(m => m.Cost.Step).Cost
                : throw new InputException(
                    string.Create(CultureInfo.InvariantCulture,
                        $"measuring the others took more than {timeLimit.TotalSeconds:F0} s, and none is similar"));
        }

        double Training(StudyRun run, RunCost cost)
        {
            var options = run.Options;
            var inputs = options.Only(SettingUses.Inputs);
            if (!images.TryGetValue(inputs, out var count)) images[inputs] = count = CountImages(inputs);
            var left = Math.Max(0, options.Epochs - folder.Run(run).ReadLog().Count);
            var steps = (count.Training + options.BatchSize - 1) / options.BatchSize;
            var selections = (left + options.EvaluateEvery - 1) / options.EvaluateEvery;
            // The best weights are evaluated besides the averages that a run selects from.
            var networksPerSelection = options.Keep.Contains(KeptWeights.Best) && (options.SwaStart ?? options.EmaDecay) is not null ? 2.0 : 1.0;
            return left * (double)steps * cost.Step + selections * networksPerSelection * count.Selecting * cost.Selection;
        }

        double Evaluation(StudyJob job, RunCost cost)
        {
            var common = study.Common[job.Run.Cell.Dataset];
            var threat = job.Evaluation!.Threat(common);
            var passes = 1 + job.Evaluation.Attacks.Sum(a => (double)Catalog.Find("attack", a, Catalog.Attacks)
                .Create(threat, job.Evaluation.Budget).Passes(cost.Classes));
            var training = job.Evaluation.TrainingImages ?? 0;
            if (job.Evaluation.Images is { } some) return (some + training) * passes * cost.Pass;
            var inputs = common.Only(SettingUses.Inputs) with { LimitTest = null };
            if (!tests.TryGetValue(inputs, out var all))
            {
                using var test = TrainingRun.LoadTest(inputs, TrainingRun.FindDevice("cpu"));
                tests[inputs] = all = test.Count;
            }
            return (all + training) * passes * cost.Pass;
        }

        // One of the settings that are not selected yet will be evaluated.
        double Share(StudyJob job) => !job.Evaluation!.ChosenOnly ? 1 : 1.0 / pending
            .Count(t => t.Evaluation == job.Evaluation && t.Run.Seed == job.Run.Seed && t.Run.Cell.Dataset == job.Run.Cell.Dataset
                && t.Run.Cell.Method == job.Run.Cell.Method);
    }

    private static (int Training, int Selecting) CountImages(TrainingOptions options)
    {
        // A network without helpers and extra images suffices to split the images.
        using var run = new TrainingRun(options.ForHelper(), new RunFolder(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));
        return (run.TrainingImages, run.SelectionImages);
    }
}
