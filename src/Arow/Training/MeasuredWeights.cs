using Arow.Checkpoints;
using Arow.Evaluation;
using Arow.Options;

namespace Arow.Training;

/// <summary>Weights of a run with their evaluation at its end.</summary>
/// <param name="Kept">The kind; null for the selected weights.</param>
/// <param name="Epoch">Their epoch, from 1; null if their file does not contain it.</param>
/// <param name="Test">The evaluation on test images.</param>
/// <param name="Training">The evaluation on training images under the same attack; null if none were attacked.</param>
internal sealed record MeasuredWeights(KeptWeights? Kept, int? Epoch, EvaluationSummary Test, EvaluationSummary? Training)
{
    /// <summary>"selected", "last", "best" or "average".</summary>
    public string Name => Kept is { } kept ? EnumName.ToName(kept) : "selected";

    /// <summary>
    /// The generalization gap: robust accuracy on training images, without augmentation and in evaluation mode, minus that on test images;
    /// null if no training images were attacked.
    /// </summary>
    public double? Gap => Training?.RobustAccuracy - Test.RobustAccuracy;

    /// <summary>Reads all evaluated weights of a run folder, the selected ones first.</summary>
    /// <param name="folder">The run folder.</param>
    /// <exception cref="InputException">A file is damaged.</exception>
    public static IReadOnlyList<MeasuredWeights> Read(RunFolder folder)
    {
        var found = new List<MeasuredWeights>();
        foreach (var kept in (KeptWeights?[])[null, .. Enum.GetValues<KeptWeights>()])
        {
            var (test, training) = (new EvaluationFolder(folder.EvaluationFor(kept)),
                new EvaluationFolder(folder.EvaluationFor(kept, training: true)));
            if (!File.Exists(test.Summary)) continue;
            found.Add(new MeasuredWeights(
                kept, EpochOf(folder.WeightsFor(kept)), EvaluationSummary.Read(test.Summary),
                File.Exists(training.Summary) ? EvaluationSummary.Read(training.Summary) : null));
        }
        return found;
    }

    /// <summary>Reads the epoch of weights; a folder may be passed on without weights.</summary>
    private static int? EpochOf(string weights)
    {
        if (!File.Exists(weights)) return null;
        using var file = Safetensors.Read(weights);
        return SelectedFile.ReadEpoch(file);
    }
}
