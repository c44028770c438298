using System.Globalization;
using Arow.Checkpoints;
using Arow.Evaluation;
using Arow.IO;
using Arow.Models;

namespace Arow.Training;

/// <summary>
/// Selected weights: a file of the run folder, and beside the checkpoints a copy for each kept checkpoint. A checkpoint has
/// only the weights of its own epoch, so it names the file that belongs to it; if the file is lost, the copy replaces it.
/// </summary>
/// <param name="name">The kind of selection.</param>
/// <param name="path">The file.</param>
/// <param name="folder">The run folder.</param>
/// <param name="network">A network of their architecture.</param>
internal sealed class SelectedFile(string name, string path, RunFolder folder, Network network)
{
    /// <summary>The note of a weights file with its epoch.</summary>
    public const string EpochKey = "epoch";

    /// <summary>The epoch in the previous checkpoint; 0 for none.</summary>
    private int previousEpoch;

    /// <summary>Saves the selected weights and returns their SHA-256.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="save">Writes the file.</param>
    public string Save(int epoch, Action<string> save)
    {
        save(path);
        folder.Checkpoints.SaveCopy(name, epoch, path);
        return EvaluationRun.HashFile(path);
    }

    /// <summary>Removes copies that no checkpoint needs: those of the last two are kept.</summary>
    /// <param name="epoch">The epoch in the newest checkpoint; 0 for none.</param>
    public void OnCheckpoint(int epoch)
    {
        foreach (var copy in folder.Checkpoints.FindCopies(name))
        {
            if (copy != folder.Checkpoints.CopyPath(name, epoch) && copy != folder.Checkpoints.CopyPath(name, previousEpoch)) File.Delete(copy);
        }
        previousEpoch = epoch;
    }

    /// <summary>
    /// Checks the file before any step: a run whose selected weights are lost would end without any. A file that is
    /// not the checkpoint's is replaced by the copy, with a warning.
    /// </summary>
    /// <param name="epoch">The epoch in the checkpoint; 0 for none.</param>
    /// <param name="trained">Complete epochs.</param>
    /// <param name="sha256">The file's SHA-256 in the checkpoint; null in those of older versions.</param>
    /// <param name="warned">Receives a warning, in one line.</param>
    /// <returns>SHA-256 of the file; null if it is of another epoch, which older versions accepted.</returns>
    /// <exception cref="InputException">Neither the file nor a copy of it is valid.</exception>
    public string? Resume(int epoch, int trained, string? sha256, Action<string> warned)
    {
        previousEpoch = epoch;
        if (epoch == 0) return null;
        if (Validate(path, epoch, trained, sha256) is { } fault)
        {
            var copy = folder.Checkpoints.FindCopies(name).FirstOrDefault(file => Validate(file, epoch, trained, sha256) is null)
                ?? throw new InputException(
                    $"{fault}; it must contain the selected weights of epoch {epoch}, and there is no copy of them: "
                    + $"restore the file, or move {folder.Path} away to train again");
            AtomicFile.Copy(copy, path);
            warned($"{fault}; restored from {copy}");
        }
        using var file = Safetensors.Read(path);
        if (ReadEpoch(file) != epoch) return sha256;
        if (Validate(folder.Checkpoints.CopyPath(name, epoch), epoch, trained, sha256) is not null) folder.Checkpoints.SaveCopy(name, epoch, path);
        return EvaluationRun.HashFile(path);
    }

    /// <summary>Returns why a file does not contain the selected weights; null if it does.</summary>
    private string? Validate(string path, int selected, int trained, string? sha256)
    {
        try
        {
            using var file = Safetensors.Read(path);
            var epoch = ReadEpoch(file);
            if (sha256 is not null)
            {
                return EvaluationRun.HashFile(path) == sha256 ? null
                    : epoch > trained ? $"{path}: contains weights of epoch {epoch}, which is later than the checkpoint"
                    : $"{path}: does not contain the selected weights of epoch {selected}: its SHA-256 differs from the one in the "
                        + "checkpoint";
            }
            var state = network.State;
            var matches = file.Metadata.GetValueOrDefault("architecture") == network.Architecture && file.Tensors.Count == state.Count
                && state.All(s => file.Tensors.TryGetValue(s.Key, out var tensor) && tensor.shape.SequenceEqual(s.Value.shape));
            if (!matches) return $"{path}: contains no weights of this run's {network.Architecture}";
            // A killed process may have selected weights that are later than the checkpoint.
            return epoch == selected || epoch > trained ? null : $"{path}: contains weights of another epoch";
        }
        catch (InputException fault)
        {
            return fault.Message;
        }
    }

    /// <summary>Reads the epoch of weights, from 1; null if their file does not contain it.</summary>
    internal static int? ReadEpoch(SafetensorsFile file) =>
        int.TryParse(file.Metadata.GetValueOrDefault(EpochKey), CultureInfo.InvariantCulture, out var epoch) ? epoch : null;
}
