using Arow.Evaluation;
using Arow.Evaluation.Checks;
using Arow.Models;

namespace Arow.Training;

/// <summary>
/// Defaults for runs of few steps. Those of <see cref="TrainingOptions"/> are the paper's, for 120 epochs of CIFAR-10 and 46,000 steps:
/// in a few hundred steps they learn next to nothing.
/// </summary>
internal static class ShortRun
{
    /// <summary>Runs of fewer steps are short.</summary>
    private const int FewSteps = 2000;

    /// <summary>With fewer steps than this nothing is learnt, whatever the learning rate: for up to ten classes, and for each of more.</summary>
    private const int TooFewSteps = 150, TooFewStepsPerClass = 15;

    private const int SmallBatch = 32;

    private const string FittedSchedule = "cyclic";

    /// <summary>What is fitted: the name of an option's row, and the options with another value of it.</summary>
    internal static readonly (string Name, Func<TrainingOptions, TrainingOptions> Fit)[] Rules =
    [
        ("batch-size", o => o with { BatchSize = SmallBatch }),
        ("schedule", o => o.Milestones is null ? o with { Schedule = FittedSchedule } : o),
        // This rate is reached for a moment only, so it may be higher than one that is held for half of the run.
        ("lr", o => o.Schedule == FittedSchedule && o.LearningRate is null
            ? o with { LearningRate = o.DefaultLearningRate * Architectures.Find(o.Model).ShortRunFactor } : o),
    ];

    /// <summary>The options with defaults that fit a short run; as they are for a long one.</summary>
    /// <param name="options">Of a new run.</param>
    /// <param name="images">Training images.</param>
    /// <param name="given">Names of the options that somebody has chosen, which stay.</param>
    public static TrainingOptions Fit(TrainingOptions options, int images, IReadOnlyCollection<string> given)
    {
        if (CountSteps(options, images) >= FewSteps) return options;
        // A learning rate goes with its schedule.
        return Rules.Where(rule => !given.Contains(rule.Name) && !(rule.Name == "lr" && given.Contains("schedule")))
            .Aggregate(options, (o, rule) => rule.Fit(o));
    }

    /// <summary>The options with what another run has of that which <see cref="Fit"/> chooses.</summary>
    /// <param name="options">As they were given.</param>
    /// <param name="begun">Of the other run.</param>
    /// <param name="given">Names of the options that somebody has chosen, which stay.</param>
    public static TrainingOptions Copy(TrainingOptions options, TrainingOptions begun, IReadOnlyCollection<string> given) =>
        Settings.All.Where(s => Rules.Any(rule => rule.Name == s.Name) && !given.Contains(s.Name))
            .Aggregate(options, (o, setting) => setting.Copy(o, begun));

    /// <summary>One line: what was fitted; null if nothing was.</summary>
    /// <param name="before">The options as they were given.</param>
    /// <param name="fitted">The options with what was fitted.</param>
    public static string? Describe(TrainingOptions before, TrainingOptions fitted)
    {
        (string Name, string Value)[] changes =
            [.. Settings.All.Where(s => s.Get(before) != s.Get(fitted)).Select(s => (s.Name, s.Get(fitted) ?? "none"))];
        return changes.Length == 0 ? null
            : $"a short run of fewer than {FewSteps} steps: {Wording.Current.Settings(changes)}, since nothing else was given";
    }

    /// <summary>One line of advice if a run has too few steps to learn; null if it has enough.</summary>
    /// <param name="options">Of the run.</param>
    /// <param name="images">Training images.</param>
    /// <param name="classes">Their classes.</param>
    public static string? DescribeTooFewSteps(TrainingOptions options, int images, int classes)
    {
        var steps = CountSteps(options, images);
        // Trained weights tell classes apart already.
        var tooFew = options.Init is null ? Math.Max(TooFewSteps, TooFewStepsPerClass * classes) : TooFewSteps;
        if (steps >= tooFew) return null;
        var batch = Math.Min(options.BatchSize, SmallBatch);
        var epochs = Math.Max((int)Math.Ceiling((double)tooFew * 2 / StepsPerEpoch(batch, images)), options.Epochs);
        return $"{(steps == 1 ? "1 step is" : $"{steps} steps are")} too few to learn much (epochs {options.Epochs}, {images} images, batch-size "
            + $"{options.BatchSize}{(tooFew > TooFewSteps ? $", {classes} classes" : "")}): try {Wording.Current.Settings([("batch-size", $"{batch}"), ("epochs", $"{epochs}")])}";
    }

    /// <summary>One line if a trained model is no better than always answering the most frequent class; null if it is.</summary>
    /// <param name="summary">Of test images.</param>
    public static string? DescribeFailure(EvaluationSummary summary) =>
        summary.Findings?.FirstOrDefault(finding => finding.Check == NotLearnt.Name) is { } failure
            ? $"{Uncapitalize(failure.Message).TrimEnd('.')}; {Uncapitalize(failure.Advice).TrimEnd('.')}" : null;

    private static string Uncapitalize(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..];

    private static int CountSteps(TrainingOptions options, int images) =>
        (int)Math.Min(int.MaxValue, (long)options.Epochs * StepsPerEpoch(options.BatchSize * options.Accumulate, images));

    private static int StepsPerEpoch(int batch, int images) => Math.Max(1, (images + batch - 1) / batch);
}
