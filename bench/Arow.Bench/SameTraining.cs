using Arow.Errors;
using Arow.Models.Execution;
using Arow.Training;

namespace Arow.Bench;

/// <summary>
/// Whole runs of every kind, with averages, helpers, checkpoints and all, on the device beside the CPU: stopped, resumed,
/// evaluated. In float32 their losses are the same but for rounding; in reduced precision they are near.
/// </summary>
internal static class SameTraining
{
    private static readonly IReadOnlyList<(string Name, Func<TrainingOptions, TrainingOptions> With)> Variants =
    [
        ("arow", o => o),
        ("swa", o => o with { SwaStart = 1 }),
        ("ema, nesterov, clipped, normalised", o => o with { EmaDecay = 0.9, EmaWarmUp = true, Nesterov = true, ClipGradient = 5, Normalize = true }),
        ("lbgat with awp", o => o with { Objective = "lbgat", Awp = 0.005 }),
        ("gair-trades, gathered", o => o with { Objective = "gair-trades", GeometryStart = 1, Accumulate = 2 }),
        ("hat-arow with early stop", o => o with { Objective = "hat-arow", EarlyStop = 0 }),
        ("mart", o => o with { Objective = "mart" }),
        ("free", o => o with { Objective = "free", Replays = 2, AttackSteps = null }),
        ("standard, watched", o => o with { Objective = "standard", Watch = 12 }),
        ("trades, L2", o => o with { Objective = "trades", Threat = new(Norm.L2, Ratio.FromFraction(1, 2)) }),
        ("pgd-at, L1", o => o with { Objective = "pgd-at", Threat = new(Norm.L1, Ratio.FromFraction(12, 1)) }),
    ];

    public static IEnumerable<(string, Func<CardRow>)> Of(CardOptions options) =>
        Variants.Select(v => ($"training: {v.Name}", (Func<CardRow>)(() => Compare(v.With, options))));

    private static CardRow Compare(Func<TrainingOptions, TrainingOptions> with, CardOptions options)
    {
        var exact = Loss(with(Base("cpu", Precision.Exact)));
        var (there, fast) = (Loss(with(Base(options.Name, Precision.Exact))), Loss(with(Base(options.Name, Precision.Fast))));
        return new CardRow(
            $"loss {exact:0.0000} on the CPU, {there:0.0000} on the device, {fast:0.0000} in bfloat16", "within 1 %, 5 %",
            Math.Abs(there / exact - 1) <= 0.01 && Math.Abs(fast / exact - 1) <= 0.05);
    }

    private static TrainingOptions Base(string device, Precision precision) => new()
    {
        Dataset = "glyphs", LimitTrain = 128, LimitTest = 32, Model = "tiny-cnn", BatchSize = 16, Epochs = 2, AttackSteps = 3,
        LearningRate = 0.02, Seed = 3, CheckpointEvery = 1e-6, TestAttack = "pgd10", Device = device, Precision = precision,
    };

    /// <summary>Of the last epoch, of a run that was stopped in the middle and resumed, and whose weights were evaluated.</summary>
    private static double Loss(TrainingOptions options)
    {
        if (options.Validate().FirstOrDefault() is { } problem) throw new InputException(problem);
        using var scratch = new Scratch();
        using var stop = new CancellationTokenSource();
        using (var first = new TrainingRun(options,
            scratch.Run)
        { Observer = new TrainingCallbacks { Step = p => { if (p.Epoch == 2) stop.Cancel(); } } })
            first.Run(stop.Token);
        var last = double.NaN;
        using var rest = new TrainingRun(options, scratch.Run,
            resume: true)
        { Observer = new TrainingCallbacks { Epoch = epoch => last = epoch.Loss } };
        rest.Run();
        rest.Evaluate();
        return last;
    }
}
