using System.Text.Json;
using System.Text.Json.Serialization;

namespace Arow.Training;

/// <summary>
/// The progress of a run, without its tensors: what a checkpoint needs for the run to resume as if it had
/// never stopped. Randomness is keyed by epoch and sample and has no state.
/// </summary>
internal sealed record ResumePoint
{
    /// <summary>Complete epochs, including their evaluation.</summary>
    public int Epoch { get; init; }

    /// <summary>Finished batches of the current epoch.</summary>
    public int Batch { get; init; }

    /// <summary>Optimizer steps since the start.</summary>
    public long Step { get; init; }

    /// <summary>Sum of the losses of the current epoch's images.</summary>
    public double LossSum { get; init; }

    /// <summary>Finished images of the current epoch.</summary>
    public long Images { get; init; }

    /// <summary>Clean images of those that are classified correctly.</summary>
    public long? Clean { get; init; }

    /// <summary>Adversarial images of those that are classified correctly.</summary>
    public long? Robust { get; init; }

    /// <summary>The best score of <see cref="Selection"/> so far; -1 before the first evaluation.</summary>
    public double Best { get; init; } = -1;

    /// <summary>The epoch of the best score, from 1.</summary>
    public int BestEpoch { get; init; }

    /// <summary>
    /// The best such score of weights that are not averaged; -1 before the first evaluation, and if not requested.
    /// </summary>
    public double BestUnaveraged { get; init; } = -1;

    /// <summary>The epoch of that score, from 1; 0 for none.</summary>
    public int BestUnaveragedEpoch { get; init; }

    /// <summary>Evaluations since the best one.</summary>
    public int SinceBest { get; init; }

    /// <summary>The number of averaged weights.</summary>
    public long Averaged { get; init; }

    /// <summary>Length of the log, in bytes: lines of later, lost steps are truncated.</summary>
    public long LogLength { get; init; }

    /// <summary>SHA-256 of the log up to there; null before the first epoch, as are those below, and in checkpoints of older versions.</summary>
    public string? LogSha256 { get; init; }

    /// <summary>SHA-256 of the file of the selected weights.</summary>
    public string? SelectedSha256 { get; init; }

    /// <summary>SHA-256 of the file of the best weights without averaging.</summary>
    public string? BestUnaveragedSha256 { get; init; }

    /// <summary>SHA-256 of the weights of the helper that the run has trained.</summary>
    public string? HelperSha256 { get; init; }

    /// <summary>Hash of the probes of all epochs so far: see <see cref="TrainingProbe.ChainHash"/>.</summary>
    public string? WatchedSha256 { get; init; }

    /// <summary>The number of processes that train together; null for one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Processes { get; init; }

    /// <summary>Returns the point with the result of one more batch; the step itself is counted separately.</summary>
    public ResumePoint AddStep(StepResult step, long images) => AddStep(step.Loss, step.Clean, step.Robust, images);

    /// <inheritdoc cref="AddStep(StepResult, long)"/>
    public ResumePoint AddStep(double loss, long? clean, long? robust, long images) => this with
    {
        LossSum = LossSum + loss * images,
        Images = Images + images,
        Clean = clean is null ? Clean : (Clean ?? 0) + clean,
        Robust = robust is null ? Robust : (Robust ?? 0) + robust,
    };

    /// <summary>Returns the point at the start of the next epoch.</summary>
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

    /// <summary>Clean accuracy on them; null if the objective does not compute it.</summary>
    internal double? CleanAccuracy => (double?)Clean / Images;

    /// <summary>Accuracy on their adversarial versions; null without an attack.</summary>
    internal double? RobustAccuracy => (double?)Robust / Images;

    internal string ToJson() => JsonSerializer.Serialize(this, ResumePointJson.Default.ResumePoint);

    internal static ResumePoint FromJson(string json) => JsonSerializer.Deserialize(json, ResumePointJson.Default.ResumePoint)!;
}

[JsonSerializable(typeof(ResumePoint))]
internal sealed partial class ResumePointJson : JsonSerializerContext;
