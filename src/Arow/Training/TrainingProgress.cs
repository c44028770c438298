using System.Text.Json.Serialization;

namespace Arow.Training;

/// <summary>Where a run stands, after each step.</summary>
/// <param name="Epoch">The current epoch, from 1.</param>
/// <param name="Epochs">How many there are to be.</param>
/// <param name="Batch">Batches of the epoch that are done.</param>
/// <param name="Batches">Batches in an epoch.</param>
/// <param name="Loss">Mean loss of the epoch so far.</param>
/// <param name="CleanAccuracy">On the epoch's training images so far, in [0, 1]; null where the objective does without.</param>
/// <param name="RobustAccuracy">On their adversarial versions; null without an attack.</param>
/// <param name="ImagesPerSecond">Since the run or its resumption began.</param>
/// <param name="TimeLeft">At that speed, evaluations not counted.</param>
public sealed record TrainingProgress(
    int Epoch, int Epochs, int Batch, int Batches,
    double Loss, double? CleanAccuracy, double? RobustAccuracy,
    double ImagesPerSecond, TimeSpan TimeLeft);

/// <summary>What an epoch came to, as the log has it.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Steps">Optimizer steps since the beginning.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="Loss">Mean over the epoch.</param>
/// <param name="TrainClean">Accuracy on the clean training images as they were trained on.</param>
/// <param name="TrainRobust">Accuracy on their adversarial versions.</param>
/// <param name="SelectionClean">Clean accuracy on the selecting images; null if not evaluated.</param>
/// <param name="SelectionRobust">Robust accuracy on the selecting images; null if not evaluated.</param>
/// <param name="Selected">Whether this epoch's weights are the best so far, and saved.</param>
/// <param name="Seconds">Of training since the beginning or the resumption, evaluations included.</param>
public sealed record EpochRecord(
    int Epoch, long Steps, double LearningRate, double Loss,
    double? TrainClean, double? TrainRobust,
    double? SelectionClean, double? SelectionRobust, bool Selected, double Seconds)
{
    /// <summary>The risks and their bounds; null if they were not watched.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EpochBound? Bound { get; init; }

    /// <summary>
    /// Selecting accuracy, as <see cref="SelectionClean"/>, of the weights themselves where an average is what is selected from; null unless the best
    /// of them are kept.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? UnaveragedClean { get; init; }

    /// <summary>Likewise, as <see cref="SelectionRobust"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? UnaveragedRobust { get; init; }
}
