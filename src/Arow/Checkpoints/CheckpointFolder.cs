using System.Globalization;
using Arow.IO;

namespace Arow.Checkpoints;

/// <summary>
/// The checkpoints of a run and copies of the selected weights. The newest two checkpoints are kept. Each is written to a temporary
/// file and renamed, so that a valid one exists at every moment. If the newest is damaged, the one before it is used.
/// </summary>
/// <param name="folder">The folder; created when the first checkpoint is saved.</param>
internal sealed class CheckpointFolder(string folder)
{
    private const int MaxCheckpoints = 2;
    private const string Prefix = "step-";
    private const string Extension = ".safetensors";

    /// <summary>The folder.</summary>
    public string Path => folder;

    /// <summary>Returns the path of the copy of selected weights, which replaces the original if that is lost.</summary>
    /// <param name="name">Name of the selection.</param>
    /// <param name="epoch">Epoch of the weights, from 1.</param>
    public string CopyPath(string name, int epoch) =>
        System.IO.Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}-{epoch:D4}{Extension}"));

    /// <summary>Returns all copies of a selection, including those of older versions.</summary>
    /// <param name="name">Name of the selection.</param>
    public IReadOnlyList<string> FindCopies(string name) => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, $"{name}*{Extension}").OrderDescending(StringComparer.Ordinal)] : [];

    /// <summary>Whether any checkpoint exists, valid or not.</summary>
    public bool Any => ListFiles().Count > 0;

    /// <summary>Saves a copy of selected weights.</summary>
    /// <param name="name">Name of the selection.</param>
    /// <param name="epoch">Epoch of the weights, from 1.</param>
    /// <param name="weights">Complete file of the weights.</param>
    public void SaveCopy(string name, int epoch, string weights)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.Copy(weights, CopyPath(name, epoch));
    }

    /// <summary>Writes the checkpoint of a step and removes those that are no longer needed.</summary>
    public void Save(
        long step, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D10}{Extension}");
        Safetensors.Write(System.IO.Path.Combine(folder, name), tensors, metadata);
        // A checkpoint of a later step was damaged; otherwise this step would not have been repeated.
        List<string> files = [.. ListFiles().SkipWhile(file => System.IO.Path.GetFileName(file) != name)];
        foreach (var old in ListFiles().Except(files).Concat(files.Skip(MaxCheckpoints))) File.Delete(old);
    }

    /// <summary>Loads the newest valid checkpoint; null if there is none.</summary>
    /// <param name="onDamaged">Called with one line for each damaged checkpoint.</param>
    public SafetensorsFile? LoadLatest(Action<string> onDamaged)
    {
        foreach (var file in ListFiles())
        {
            try
            {
                return Safetensors.Read(file);
            }
            catch (InputException error)
            {
                onDamaged($"{error.Message}; trying the checkpoint before it, if any");
            }
        }
        return null;
    }

    /// <summary>Returns the checkpoint files, newest first.</summary>
    private List<string> ListFiles() => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, $"{Prefix}*{Extension}").OrderDescending(StringComparer.Ordinal)]
        : [];
}
