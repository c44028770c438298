using System.Text.Json.Serialization;

namespace Arow.Training;

/// <summary>The progress of a run after a step.</summary>
/// <param name="Epoch">The current epoch, from 1.</param>
/// <param name="Epochs">The total number of epochs.</param>
/// <param name="Batch">Finished batches of the epoch.</param>
/// <param name="Batches">Batches in an epoch.</param>
/// <param name="Loss">Mean loss of the epoch so far.</param>
/// <param name="CleanAccuracy">On the epoch's training images so far, in [0, 1]; null if the objective does not use them.</param>
/// <param name="RobustAccuracy">On their adversarial versions; null without an attack.</param>
/// <param name="ImagesPerSecond">Since the start or the resumption of the run.</param>
/// <param name="TimeLeft">At that speed, without evaluations.</param>
public sealed record TrainingProgress(
    int Epoch, int Epochs, int Batch, int Batches,
    double Loss, double? CleanAccuracy, double? RobustAccuracy,
    double ImagesPerSecond, TimeSpan TimeLeft);

/// <summary>The record of an epoch, as in the log.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Steps">Optimizer steps since the start.</param>
/// <param name="LearningRate">The learning rate of the last step.</param>
/// <param name="Loss">Mean over the epoch.</param>
/// <param name="TrainClean">Accuracy on the clean training images, in training mode.</param>
/// <param name="TrainRobust">Accuracy on their adversarial versions.</param>
/// <param name="SelectionClean">Clean accuracy on the selecting images; null if not evaluated.</param>
/// <param name="SelectionRobust">Robust accuracy on the selecting images; null if not evaluated.</param>
/// <param name="Selected">Whether this epoch's weights are the best so far, and saved.</param>
/// <param name="Seconds">Seconds of training since the start or the resumption, including evaluations.</param>
public sealed record EpochRecord(
    int Epoch, long Steps, double LearningRate, double Loss,
    double? TrainClean, double? TrainRobust,
    double? SelectionClean, double? SelectionRobust, bool Selected, double Seconds)
{
    /// <summary>
    /// Processor seconds of the epoch and its evaluation, of all threads of this process; of an epoch that was resumed, since then. Null in logs of
    /// older versions.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ProcessorSeconds { get; init; }

    /// <summary>The risks and their bounds; null if not recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EpochBound? Bound { get; init; }

    /// <summary>
    /// Selecting accuracy, as <see cref="SelectionClean"/>, of the weights without averaging if averaged weights are selected; null unless the best
    /// of them are kept.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? UnaveragedClean { get; init; }

    /// <summary>Likewise, as <see cref="SelectionRobust"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? UnaveragedRobust { get; init; }
}
