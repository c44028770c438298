using System.Globalization;
using Arow.IO;

namespace Arow.Analysis;

/// <summary>Some images of a training run after an epoch.</summary>
/// <param name="Set">training, validation, or test if test images select the weights.</param>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Images">The images, the same in every epoch.</param>
internal sealed record ProbedEpoch(string Set, int Epoch, IReadOnlyList<AttackedImage> Images);

/// <summary>
/// The probed images of a training run: a file <c>training-0003.tsv</c> for each epoch and set, with a row for each image.
/// Files are written atomically; a resumed run writes the same bytes again.
/// </summary>
/// <param name="path">The folder; created with the first file.</param>
internal sealed class ProbeFolder(string path)
{
    private const string Extension = ".tsv";

    /// <summary>The path of the folder.</summary>
    public string Path { get; } = path;

    /// <summary>Writes an epoch.</summary>
    public void Write(ProbedEpoch epoch)
    {
        Directory.CreateDirectory(Path);
        AtomicFile.Write(File(epoch.Set, epoch.Epoch), ToTable(epoch.Images));
    }

    /// <summary>Returns an error message if files of probed epochs are missing or damaged; null otherwise.</summary>
    /// <param name="sets">The sets.</param>
    /// <param name="epochs">The epochs, from 1.</param>
    public string? DescribeMissing(IEnumerable<string> sets, IEnumerable<int> epochs)
    {
        var missing = epochs.Where(epoch => sets.Any(set => !System.IO.File.Exists(File(set, epoch)))).ToList();
        if (missing.Count > 0) return $"{Path}: the probed images of epoch {string.Join(", ", missing)} are missing";
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

    /// <summary>Returns the file of an epoch and a set.</summary>
    internal string File(string set, int epoch) =>
        System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{set}-{epoch:D4}{Extension}"));

    /// <summary>Reads all files, by set and epoch; empty if the folder does not exist.</summary>
    /// <exception cref="InputException">A file is damaged, or its images are not those of the earlier files.</exception>
    public IReadOnlyList<ProbedEpoch> Read()
    {
        if (!Directory.Exists(Path)) return [];
        List<ProbedEpoch> epochs =
        [
            .. Directory.EnumerateFiles(Path, $"*-*{Extension}").Select(Read)
                .OrderBy(e => e.Set, StringComparer.Ordinal).ThenBy(e => e.Epoch),
        ];
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

    /// <summary>Formats header and rows.</summary>
    internal static string ToTable(IEnumerable<AttackedImage> images) =>
        string.Concat(images.Select(i => i.ToLine() + "\n").Prepend(AttackedImage.Header + "\n"));

    private static ProbedEpoch Read(string file)
    {
        var parts = System.IO.Path.GetFileNameWithoutExtension(file).Split('-');
        RegularFile.EnsureRegular(file);
        var lines = System.IO.File.ReadAllLines(file);
        if (parts.Length != 2 || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var epoch)
            || lines.FirstOrDefault() != AttackedImage.Header || lines.Length < 2)
            throw new InputException($"{file}: is not a table of probed images");
        return new ProbedEpoch(parts[0], epoch,
            [.. lines.Skip(1).Select((line, i) =>
                AttackedImage.Parse(line) ?? throw new InputException($"{file}: line {i + 2} is not a valid row"))]);
    }
}
