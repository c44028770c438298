using System.Text.Json;
using System.Text.Json.Serialization;
using Arow.Data;

namespace Arow.Training;

/// <summary>The log of a run: for each epoch a line of JSON; numbers of steps and epochs, options and pictures for TensorBoard.</summary>
internal sealed class RunLog : IDisposable
{
    /// <summary>
    /// The most steps of an epoch that are shown, and the most pictures of a run, to which that of the last epoch may be added: files
    /// stay small, whatever the length of the run.
    /// </summary>
    internal const int StepsPerEpoch = 100, Pictures = 10;

    private readonly RunFolder folder;
    private readonly EventFile board;

    /// <summary>Resumes the log.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="options">The options of the run.</param>
    /// <param name="lastStep">The last step that is done.</param>
    public RunLog(RunFolder folder, TrainingOptions options, long lastStep)
    {
        this.folder = folder;
        board = new EventFile(folder.TensorBoard, lastStep > 0 ? lastStep + 1 : null);
        board.WriteHyperparameters(options);
    }

    /// <summary>Whether a batch of an epoch is shown.</summary>
    /// <param name="batch">From 0.</param>
    /// <param name="batches">Of the epoch.</param>
    public static bool ShowsBatch(int batch, int batches) => batch % ((batches + StepsPerEpoch - 1) / StepsPerEpoch) == 0;

    /// <summary>Whether a picture is drawn after an epoch whose weights are evaluated.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="every">Epochs between evaluations.</param>
    /// <param name="epochs">Of the run.</param>
    public static bool ShowsPicture(int epoch, int every, int epochs)
    {
        var interval = (epochs + Pictures - 1) / Pictures;
        return epoch / interval > Math.Max(0, epoch - every) / interval || epoch == epochs;
    }

    /// <summary>Writes a step, as its batch alone shows it.</summary>
    /// <param name="step">From 1.</param>
    /// <param name="result">The loss and counts of its batch.</param>
    /// <param name="images">Of the batch.</param>
    /// <param name="rate">The learning rate.</param>
    public void WriteStep(long step, StepResult result, long images, double rate) => board.WriteScalars(step,
    [
        ("step/loss", result.Loss), ("step/learning_rate", rate),
        ("step/clean_accuracy", (double?)result.Clean / images), ("step/robust_accuracy", (double?)result.Robust / images),
    ]);

    /// <summary>Writes an epoch and returns the new length of the log.</summary>
    public long Write(EpochRecord epoch)
    {
        board.WriteScalars(epoch.Epoch,
        [
            ("train/loss", epoch.Loss), ("train/learning_rate", epoch.LearningRate),
            ("train/clean_accuracy", epoch.TrainClean), ("train/robust_accuracy", epoch.TrainRobust),
            ("selection/clean_accuracy", epoch.SelectionClean), ("selection/robust_accuracy", epoch.SelectionRobust),
            ("selection/unaveraged_clean_accuracy", epoch.UnaveragedClean), ("selection/unaveraged_robust_accuracy", epoch.UnaveragedRobust),
            ("watch/r_nat", epoch.Bound?.Natural), ("watch/r_rob", epoch.Bound?.Robust), ("watch/arow_bound", epoch.Bound?.Arow),
            ("watch/smooth_bound", epoch.Bound?.Smooth), ("watch/trades_bound", epoch.Bound?.Trades),
        ]);
        return folder.AppendLog(JsonSerializer.Serialize(epoch, EpochJson.Default.EpochRecord));
    }

    /// <summary>Writes attacked images after an epoch.</summary>
    public void WritePicture(int epoch, AttackedImages attacked, IReadOnlyList<string> classes)
    {
        var (png, width, height) = ContactSheet.RenderPng(attacked.Rows);
        board.WritePicture(epoch, "selection/adversarial_images", png, (width, height),
            $"Selecting images, their perturbations {attacked.Magnification} times magnified around grey, and the sums, under PGD-10. "
                + $"Classes: {string.Join(", ", attacked.Labels.Select(label => Printable.Escape(classes[(int)label])))}.");
    }

    /// <summary>Writes that the run is complete.</summary>
    public void WriteSuccess() => board.WriteSuccess();

    public void Dispose() => board.Dispose();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(EpochRecord))]
internal sealed partial class EpochJson : JsonSerializerContext;
