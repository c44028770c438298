using System.Globalization;
using Arow.Studies;
using Arow.Training;

namespace Arow.Cli;

/// <summary>Prints the hours left of a study on standard output.</summary>
internal static class CostTable
{
    /// <summary>The time limit for measuring kinds of runs; a measurement that has started is finished.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(45);

    /// <summary>Measures and prints the costs, or prints why they cannot be measured.</summary>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public static void Write(Study study, StudyFolder folder, int processes, CancellationToken stop)
    {
        if (InputValidator.Validate(study.Runs.Select(r => r.Options)) is { Count: > 0 } faults)
        {
            Results.Write($"hours left: cannot be measured: {string.Join("; ", faults)}");
            return;
        }
        Messages.Note("arow: measuring a few steps of each kind of run ...");
        var (done, all) = new StudyRunner(study, folder).Count();
        var cost = StudyCost.Measure(study, folder, TimeLimit, stop);
        if (cost.Configurations.Count > 0)
        {
            FittedTable.Write(
                ["methods", "trainings left", "a step", "trainings", "evaluations, at most"], cost.Configurations.Select(part => (string[])
                [
                    string.Join(", ", part.Methods), $"{part.Runs}",
                    part.Cost is { } c ? Seconds(c.Step) : "not measured", part.Cost is null ? "" : Hours(part.Training),
                    part.Cost is null ? "" : Hours(part.Evaluation),
                ]), "a step", "trainings left");
        }
        foreach (var part in cost.Configurations.Where(p => p.Remark is not null))
            Results.Write($"{string.Join(", ", part.Methods)}: not measured{(part.Cost is null ? ", and not in the sums" : "")}: {part.Remark}");

        var trainings = cost.Configurations.Sum(p => p.Runs);
        Results.Write($"{done} of {all} jobs are done; {trainings} trainings and {all - done - trainings} evaluations remain");
        Results.WriteHeadline($"hours left{(cost.IsPartial ? " of what was measured" : "")}: {Hours(cost.Training + cost.Evaluation)} in one process: "
            + $"trainings {Hours(cost.Training)}, measured on a few steps; evaluations {Hours(cost.Evaluation)} at most, by their passes, as if "
            + "every image were robust to every attack");
        if (processes == 1) return;
        int? threads = study.Runs.Any(r => r.Options.Threads is null) ? null : study.Runs.Max(r => r.Options.Threads);
        Results.Write($"in {processes} processes: {Hours(cost.Seconds(processes, threads, Environment.ProcessorCount))}, with "
            + $"{(threads is { } t ? $"{t} thread{(t == 1 ? "" : "s")} each" : "as many threads as cores each, so that they share the cores")} on "
            + $"{Environment.ProcessorCount} cores");
    }

    private static string Hours(double seconds) => seconds >= 3600 * 10
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:F0} h")
        : seconds >= 3600 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:F1} h")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F1} min");

    private static string Seconds(double seconds) => seconds >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:F1} s") : string.Create(CultureInfo.InvariantCulture, $"{1000 * seconds:F0} ms");
}
