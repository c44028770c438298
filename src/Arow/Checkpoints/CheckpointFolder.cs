using System.Globalization;

namespace Arow.Checkpoints;

/// <summary>
/// The checkpoints of a run, and a copy of the weights that were selected: the newest two are kept, each written beside and renamed, so that one good one is there at
/// every moment. A damaged one is passed over for the one before it.
/// </summary>
/// <param name="folder">Where they lie; made when the first is saved.</param>
public sealed class CheckpointFolder(string folder)
{
    private const int Kept = 2;
    private const string Prefix = "step-";
    private const string Extension = ".safetensors";

    /// <summary>The folder.</summary>
    public string Path => folder;

    /// <summary>Where the copy of selected weights lies, to put in their place should they be lost.</summary>
    /// <param name="name">What they were selected as.</param>
    /// <param name="epoch">The epoch that they are of, from 1.</param>
    public string Copy(string name, int epoch) =>
        System.IO.Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}-{epoch:D4}{Extension}"));

    /// <summary>All copies of weights that were selected as that, those of older versions included.</summary>
    /// <param name="name">What they were selected as.</param>
    public IReadOnlyList<string> Copies(string name) => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, $"{name}*{Extension}").OrderDescending(StringComparer.Ordinal)] : [];

    /// <summary>Whether any checkpoint is there, good or not.</summary>
    public bool Any => Files().Count > 0;

    /// <summary>Keeps a copy of selected weights.</summary>
    /// <param name="name">What they were selected as.</param>
    /// <param name="epoch">The epoch that they are of, from 1.</param>
    /// <param name="weights">Their file, which is whole.</param>
    public void KeepCopy(string name, int epoch, string weights)
    {
        Directory.CreateDirectory(folder);
        WholeFile.Copy(weights, Copy(name, epoch));
    }

    /// <summary>Writes the checkpoint of a step, then removes those that are no longer needed.</summary>
    public void Save(
        long step, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D10}{Extension}");
        Safetensors.Write(System.IO.Path.Combine(folder, name), tensors, metadata);
        // What is of a later step was damaged, or this one would not have been come to again.
        List<string> files = [.. Files().SkipWhile(file => System.IO.Path.GetFileName(file) != name)];
        foreach (var old in Files().Except(files).Concat(files.Skip(Kept))) File.Delete(old);
    }

    /// <summary>The newest checkpoint that is whole; null if there is none.</summary>
    /// <param name="passedOver">Told of each damaged one, a line each.</param>
    public SafetensorsFile? Latest(Action<string> passedOver)
    {
        foreach (var file in Files())
        {
            try
            {
                return Safetensors.Read(file);
            }
            catch (InputException fault)
            {
                passedOver($"{fault.Message}; the checkpoint before it, if there is one, is tried");
            }
        }
        return null;
    }

    /// <summary>Newest first.</summary>
    private List<string> Files() => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, $"{Prefix}*{Extension}").OrderDescending(StringComparer.Ordinal)]
        : [];
}
