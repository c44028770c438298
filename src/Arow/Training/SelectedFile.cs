using System.Globalization;
using Arow.Checkpoints;
using Arow.Evaluation;
using Arow.IO;
using Arow.Models;

namespace Arow.Training;

/// <summary>
/// Weights that were selected: a file of the run folder, and beside the checkpoints a copy for each checkpoint that is kept. A checkpoint has
/// the weights of its own epoch only, so it says which file belongs to it; whatever becomes of the file, the copy takes its place.
/// </summary>
/// <param name="name">What they were selected as.</param>
/// <param name="path">The file.</param>
/// <param name="folder">Of the run.</param>
/// <param name="network">Of their architecture.</param>
internal sealed class SelectedFile(string name, string path, RunFolder folder, Network network)
{
    /// <summary>The note of a weights file that says the epoch it is of.</summary>
    public const string EpochKey = "epoch";

    /// <summary>The epoch that the checkpoint before names; 0 for none.</summary>
    private int previousEpoch;

    /// <summary>Keeps what was selected, and gives its SHA-256.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="save">Writes the file.</param>
    public string Save(int epoch, Action<string> save)
    {
        save(path);
        folder.Checkpoints.SaveCopy(name, epoch, path);
        return EvaluationRun.HashFile(path);
    }

    /// <summary>Removes copies that no checkpoint names: the last two are kept.</summary>
    /// <param name="epoch">The one that the newest checkpoint names; 0 for none.</param>
    public void OnCheckpoint(int epoch)
    {
        foreach (var copy in folder.Checkpoints.FindCopies(name))
        {
            if (copy != folder.Checkpoints.CopyPath(name, epoch) && copy != folder.Checkpoints.CopyPath(name, previousEpoch)) File.Delete(copy);
        }
        previousEpoch = epoch;
    }

    /// <summary>
    /// Looks at the file before any step: a run whose selected weights are lost would end without any. The copy is put in its place where
    /// it is not what the checkpoint names, which is told.
    /// </summary>
    /// <param name="epoch">The one that the checkpoint names; 0 for none.</param>
    /// <param name="trained">Epochs that are complete.</param>
    /// <param name="sha256">What the checkpoint says of the file; null in those of older versions.</param>
    /// <param name="warned">Told of what is amiss, in a line.</param>
    /// <returns>SHA-256 of the file; null where it is of another epoch, as older versions let pass.</returns>
    /// <exception cref="InputException">Neither the file nor a copy of it is right.</exception>
    public string? Resume(int epoch, int trained, string? sha256, Action<string> warned)
    {
        previousEpoch = epoch;
        if (epoch == 0) return null;
        if (Validate(path, epoch, trained, sha256) is { } fault)
        {
            var copy = folder.Checkpoints.FindCopies(name).FirstOrDefault(file => Validate(file, epoch, trained, sha256) is null)
                ?? throw new InputException(
                    $"{fault}; it is to hold the weights of epoch {epoch}, which were selected, and there is no copy of them: "
                    + $"put the file back, or move {folder.Path} away to train anew");
            AtomicFile.Copy(copy, path);
            warned($"{fault}; the copy in {copy} was put in its place");
        }
        using var file = Safetensors.Read(path);
        if (ReadEpoch(file) != epoch) return sha256;
        if (Validate(folder.Checkpoints.CopyPath(name, epoch), epoch, trained, sha256) is not null) folder.Checkpoints.SaveCopy(name, epoch, path);
        return EvaluationRun.HashFile(path);
    }

    /// <summary>Why a file does not hold what was selected; null if it does.</summary>
    private string? Validate(string path, int selected, int trained, string? sha256)
    {
        try
        {
            using var file = Safetensors.Read(path);
            var epoch = ReadEpoch(file);
            if (sha256 is not null)
            {
                return EvaluationRun.HashFile(path) == sha256 ? null
                    : epoch > trained ? $"{path}: holds weights of epoch {epoch}, of which the checkpoint knows nothing yet"
                    : $"{path}: holds other weights than those of epoch {selected}, which were selected: its SHA-256 is not the one that the "
                        + $"checkpoint has";
            }
            var state = network.State;
            var matches = file.Metadata.GetValueOrDefault("architecture") == network.Architecture && file.Tensors.Count == state.Count
                && state.All(s => file.Tensors.TryGetValue(s.Key, out var tensor) && tensor.shape.SequenceEqual(s.Value.shape));
            if (!matches) return $"{path}: holds no weights of this run's {network.Architecture}";
            // A process that was killed may have selected what the checkpoint does not know of yet.
            return epoch == selected || epoch > trained ? null : $"{path}: holds weights of another epoch";
        }
        catch (InputException fault)
        {
            return fault.Message;
        }
    }

    /// <summary>The epoch that weights are of, from 1; null if their file does not say.</summary>
    internal static int? ReadEpoch(SafetensorsFile file) =>
        int.TryParse(file.Metadata.GetValueOrDefault(EpochKey), CultureInfo.InvariantCulture, out var epoch) ? epoch : null;
}
