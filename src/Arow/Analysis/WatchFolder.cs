using System.Globalization;

namespace Arow.Analysis;

/// <summary>Some images of a training run after an epoch.</summary>
/// <param name="Set">training, validation, or test where test images select the weights.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Images">The same ones in every epoch.</param>
public sealed record WatchedEpoch(string Set, int Epoch, IReadOnlyList<AttackedImage> Images);

/// <summary>
/// What a training run that watches writes down: a file <c>training-0003.tsv</c> for each epoch and set, with a row for each
/// image. Each is written whole, and again to the same bytes by a run that is resumed.
/// </summary>
/// <param name="path">The folder; made when the first file is written.</param>
public sealed class WatchFolder(string path)
{
    private const string Extension = ".tsv";

    /// <summary>Where it is.</summary>
    public string Path { get; } = path;

    /// <summary>Writes an epoch.</summary>
    public void Write(WatchedEpoch epoch)
    {
        Directory.CreateDirectory(Path);
        WholeFile.Write(File(epoch.Set, epoch.Epoch), Lines(epoch.Images));
    }

    /// <summary>What is lost of some epochs that were watched, in a line; null if nothing is.</summary>
    /// <param name="sets">Which images.</param>
    /// <param name="epochs">From 1.</param>
    public string? Lost(IEnumerable<string> sets, IEnumerable<int> epochs)
    {
        var lost = epochs.Where(epoch => sets.Any(set => !System.IO.File.Exists(File(set, epoch)))).ToList();
        if (lost.Count > 0) return $"{Path}: what training watched in epoch {string.Join(", ", lost)} is missing";
        try
        {
            Read();
            return null;
        }
        catch (InputException fault)
        {
            return fault.Message;
        }
    }

    /// <summary>The file of an epoch and a set.</summary>
    internal string File(string set, int epoch) =>
        System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{set}-{epoch:D4}{Extension}"));

    /// <summary>Everything that is there, by set and epoch; nothing where there is no folder.</summary>
    /// <exception cref="InputException">A file is damaged, or of other images than those before it.</exception>
    public IReadOnlyList<WatchedEpoch> Read()
    {
        if (!Directory.Exists(Path)) return [];
        List<WatchedEpoch> epochs = [.. Directory.EnumerateFiles(Path, $"*-*{Extension}").Select(Read).OrderBy(e => e.Set, StringComparer.Ordinal).ThenBy(e => e.Epoch)];
        foreach (var set in epochs.GroupBy(e => e.Set))
        {
            var first = set.First();
            foreach (var other in set)
            {
                if (!other.Images.Select(i => i.Index).SequenceEqual(first.Images.Select(i => i.Index)))
                    throw new InputException($"{Path}: {set.Key} images of epoch {other.Epoch} are not those of epoch {first.Epoch}");
            }
        }
        return epochs;
    }

    /// <summary>Header and rows.</summary>
    internal static string Lines(IEnumerable<AttackedImage> images) =>
        string.Concat(images.Select(i => i.ToLine() + "\n").Prepend(AttackedImage.Header + "\n"));

    private static WatchedEpoch Read(string file)
    {
        var parts = System.IO.Path.GetFileNameWithoutExtension(file).Split('-');
        OrdinaryFile.Check(file);
        var lines = System.IO.File.ReadAllLines(file);
        if (parts.Length != 2 || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var epoch) || lines.FirstOrDefault() != AttackedImage.Header || lines.Length < 2)
            throw new InputException($"{file}: is no record of an epoch");
        return new WatchedEpoch(parts[0], epoch,
            [.. lines.Skip(1).Select((line, i) => AttackedImage.Parse(line) ?? throw new InputException($"{file}: line {i + 2} is no row"))]);
    }
}
