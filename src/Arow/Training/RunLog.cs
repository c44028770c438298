using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp.Modules;

namespace Arow.Training;

/// <summary>The log of a run: for each epoch a line of JSON and scalars for TensorBoard.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly RunFolder folder;
    private readonly SummaryWriter board;

    public RunLog(RunFolder folder)
    {
        this.folder = folder;
        Directory.CreateDirectory(folder.TensorBoard);
        board = utils.tensorboard.SummaryWriter(folder.TensorBoard);
    }

    /// <summary>Writes an epoch and returns the new length of the log.</summary>
    public long Write(EpochRecord epoch)
    {
        (string Name, double? Value)[] scalars =
        [
            ("train/loss", epoch.Loss), ("train/learning_rate", epoch.LearningRate),
            ("train/clean_accuracy", epoch.TrainClean), ("train/robust_accuracy", epoch.TrainRobust),
            ("selection/clean_accuracy", epoch.SelectionClean), ("selection/robust_accuracy", epoch.SelectionRobust),
            ("selection/unaveraged_clean_accuracy", epoch.UnaveragedClean), ("selection/unaveraged_robust_accuracy", epoch.UnaveragedRobust),
            ("watch/r_nat", epoch.Bound?.Natural), ("watch/r_rob", epoch.Bound?.Robust), ("watch/arow_bound", epoch.Bound?.Arow),
            ("watch/smooth_bound", epoch.Bound?.Smooth), ("watch/trades_bound", epoch.Bound?.Trades),
        ];
        foreach (var (name, value) in scalars)
        {
            if (value is { } v) board.add_scalar(name, (float)v, epoch.Epoch);
        }
        return folder.AppendLog(JsonSerializer.Serialize(epoch, EpochJson.Default.EpochRecord));
    }

    public void Dispose() => (board as IDisposable)?.Dispose();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(EpochRecord))]
internal sealed partial class EpochJson : JsonSerializerContext;
