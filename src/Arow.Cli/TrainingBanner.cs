using System.Globalization;
using Arow.Classes;
using Arow.Options;
using Arow.Runtime;
using Arow.Training;

namespace Arow.Cli;

/// <summary>What a training is about to do, before it does it.</summary>
internal static class TrainingBanner
{
    /// <summary>Its lines.</summary>
    /// <param name="run">With its data and network loaded.</param>
    /// <param name="options">Of the run.</param>
    public static IEnumerable<string> Lines(TrainingRun run, TrainingOptions options)
    {
        var steps = run.StepsPerEpoch;
        yield return Line($"model: {options.Model}, {run.ParameterCount:N0} parameters; images of {run.Input}");
        var extra = run.ExtraCount > 0 ? string.Create(CultureInfo.InvariantCulture, $", {run.ExtraCount:N0} extra") : "";
        yield return Line($"images: {run.TrainingImages:N0} to train, {run.SelectionImages:N0} to select{extra}; {run.Classes.Count} classes: {ClassNames.Summarize(run.Classes)}");
        var attack = options.CreateAttack(options.CreateObjective()) is null ? "no attack"
            : $"{EnumName.ToName(options.Threat.Norm)} {options.Threat.Size}, {options.Steps} attack step{(options.Steps == 1 ? "" : "s")}";
        yield return Line($"objective: {options.Objective}; {attack}");
        yield return Line(
            $"steps: {steps:N0} an epoch, {(long)steps * options.Epochs:N0} in {options.Epochs} epochs; {options.BatchSize} images in a step");
        var sums = run.Sums is { } library ? $"; sums by {library}" : "";
        if (run.Processes > 1)
            yield return Line($"processes: {run.Processes}, each with {options.BatchSize / run.Processes} images of a batch{sums}");
        var (threads, precision) = (TorchSharp.torch.get_num_threads(), EnumName.ToName(options.Precision));
        yield return Line($"machine: {options.Device}, {threads} thread{(threads == 1 ? "" : "s")}, precision {precision}; {ComputeEnvironment.Instructions}");
    }

    /// <summary>What it takes, measured on a few steps in a folder of their own.</summary>
    /// <param name="run">With its data and network loaded.</param>
    /// <param name="options">Of the run.</param>
    /// <param name="now">When it would begin.</param>
    /// <param name="stop">Asks for a stop.</param>
    public static IEnumerable<string> Estimate(TrainingRun run, TrainingOptions options, DateTime now, CancellationToken stop)
    {
        // Of several processes this one is measured alone, with its part of a batch.
        var cost = CostTrial.Measure(options with { BatchSize = options.BatchSize / run.Processes }, stop);
        var left = Math.Max(0, options.Epochs - (run.Folder.Exists ? run.Folder.ReadLog().Count : 0));
        var training = (double)left * run.StepsPerEpoch * cost.Step
            + (left + options.EvaluateEvery - 1) / options.EvaluateEvery * run.SelectionImages * cost.Selection / run.Processes;
        var smaller = cost.BatchSize < options.BatchSize ? $" of {cost.BatchSize} images" : "";
        var alone = run.Processes > 1 ? $" by process 0 alone; what the {run.Processes} processes send each other is not counted" : "";
        yield return Line($"a step takes {1000 * cost.Step:N0} ms, measured on a few{smaller}{alone}");
        var (time, end) = (ProgressLine.Time(TimeSpan.FromSeconds(training)), now.AddSeconds(training));
        var what = left == options.Epochs ? $"{left} epochs" : $"the {left} epochs that are left";
        yield return Line($"time: about {time} for {what}, to the end about {end:yyyy-MM-dd HH:mm}; the evaluation that follows is not counted");
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
