using System.Text.Json;
using System.Text.Json.Serialization;

namespace Arow.Training;

/// <summary>
/// Where a run stands, apart from its tensors: all that a checkpoint needs to say for the run to go on as if it had
/// never stopped. Randomness is keyed by epoch and sample and has no state.
/// </summary>
internal sealed record ResumePoint
{
    /// <summary>Epochs that are complete, with their evaluation.</summary>
    public int Epoch { get; init; }

    /// <summary>Batches of the current epoch that are done.</summary>
    public int Batch { get; init; }

    /// <summary>Optimizer steps since the beginning.</summary>
    public long Step { get; init; }

    /// <summary>Sum of the losses of the current epoch's images.</summary>
    public double LossSum { get; init; }

    /// <summary>Images of the current epoch that are done.</summary>
    public long Images { get; init; }

    /// <summary>Of those, the clean ones classified rightly.</summary>
    public long? Clean { get; init; }

    /// <summary>Of those, the adversarial ones classified rightly.</summary>
    public long? Robust { get; init; }

    /// <summary>The best selecting accuracy so far; negative before the first evaluation.</summary>
    public double Best { get; init; } = -1;

    /// <summary>The epoch that it belongs to, from 1.</summary>
    public int BestEpoch { get; init; }

    /// <summary>
    /// The best selecting accuracy of weights that are no average; negative before the first evaluation, and where it is not asked for.
    /// </summary>
    public double BestUnaveraged { get; init; } = -1;

    /// <summary>The epoch that it belongs to, from 1; 0 for none.</summary>
    public int BestUnaveragedEpoch { get; init; }

    /// <summary>Evaluations since the best one.</summary>
    public int SinceBest { get; init; }

    /// <summary>Weights that the average has taken in.</summary>
    public long Averaged { get; init; }

    /// <summary>Length of the log, in bytes: what a later, lost step wrote after it is dropped.</summary>
    public long LogLength { get; init; }

    /// <summary>SHA-256 of the log up to there; null before the first epoch, as are those below, and in checkpoints of older versions.</summary>
    public string? LogSha256 { get; init; }

    /// <summary>SHA-256 of the file of the selected weights.</summary>
    public string? SelectedSha256 { get; init; }

    /// <summary>SHA-256 of the file of the best weights that are no average.</summary>
    public string? BestUnaveragedSha256 { get; init; }

    /// <summary>SHA-256 of the weights of the helper that the run has trained for itself.</summary>
    public string? HelperSha256 { get; init; }

    /// <summary>Hash of what was watched in all epochs so far: see <see cref="TrainingProbe.ChainHash"/>.</summary>
    public string? WatchedSha256 { get; init; }

    /// <summary>With what one more batch measured; that it was taken is counted by itself.</summary>
    public ResumePoint AddStep(StepResult step, long images) => this with
    {
        LossSum = LossSum + step.Loss * images,
        Images = Images + images,
        Clean = step.Clean is { } clean ? (Clean ?? 0) + clean : Clean,
        Robust = step.Robust is { } robust ? (Robust ?? 0) + robust : Robust,
    };

    /// <summary>At the start of the next epoch.</summary>
    public ResumePoint NextEpoch() => this with
    {
        Epoch = Epoch + 1,
        Batch = 0,
        LossSum = 0,
        Images = 0,
        Clean = null,
        Robust = null,
    };

    /// <summary>Mean loss of the current epoch's images so far.</summary>
    internal double MeanLoss => LossSum / Images;

    /// <summary>Accuracy on them, clean; null where nobody looked.</summary>
    internal double? CleanAccuracy => (double?)Clean / Images;

    /// <summary>Accuracy on their adversarial versions; null without an attack.</summary>
    internal double? RobustAccuracy => (double?)Robust / Images;

    internal string ToJson() => JsonSerializer.Serialize(this, ResumePointJson.Default.ResumePoint);

    internal static ResumePoint FromJson(string json) => JsonSerializer.Deserialize(json, ResumePointJson.Default.ResumePoint)!;
}

[JsonSerializable(typeof(ResumePoint))]
internal sealed partial class ResumePointJson : JsonSerializerContext;
