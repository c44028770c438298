using Arow.Checkpoints;
using Arow.Evaluation;

namespace Arow.Training;

/// <summary>What the evaluation at the end of a run found of weights that it has.</summary>
/// <param name="Kept">Which; null for those selected.</param>
/// <param name="Epoch">The epoch that they are of, from 1; null if their file does not say.</param>
/// <param name="Test">On test images.</param>
/// <param name="Training">On training images under the same attack; null if none were attacked.</param>
internal sealed record MeasuredWeights(KeptWeights? Kept, int? Epoch, EvaluationSummary Test, EvaluationSummary? Training)
{
    /// <summary>"selected", "last", "best" or "average".</summary>
    public string Name => Kept is { } kept ? EnumName.ToName(kept) : "selected";

    /// <summary>
    /// The generalization gap: robust accuracy on training images, without augmentation and in evaluation mode, less that on test images;
    /// null if no training images were attacked.
    /// </summary>
    public double? Gap => Training?.RobustAccuracy - Test.RobustAccuracy;

    /// <summary>All that a run folder has: the selected ones first; none before they are evaluated.</summary>
    /// <param name="folder">The run's.</param>
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

    /// <summary>A folder can be handed on without weights.</summary>
    private static int? EpochOf(string weights)
    {
        if (!File.Exists(weights)) return null;
        using var file = Safetensors.Read(weights);
        return SelectedFile.ReadEpoch(file);
    }
}
