using Arow.Classes;
using Arow.IO;

namespace Arow.Data;

/// <summary>
/// Images in addition to those of a data set, unlabelled or generated: a .npz file (<see cref="Npz"/>), a file or a folder of files
/// in CIFAR's binary format (.bin), or a folder of images, which are labelled if their folders have the names of the
/// classes.
/// </summary>
/// <param name="Images">[N, C, H, W], uint8.</param>
/// <param name="Labels">[N], int64, as stored (−1 may mark an image without a label); null if there are no labels.</param>
/// <param name="Locations">Location of each image: its index in a file, from 0, or its path.</param>
internal sealed record ExtraImages(Tensor Images, Tensor? Labels, IReadOnlyList<string> Locations) : IDisposable
{
    /// <summary>What was chosen, converted or skipped, one line each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Loads the images.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="channels">1 or 3; grey images are expanded to colour.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="classes">Class names.</param>
    /// <param name="limit">Number of images to draw; null for all.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <exception cref="InputException">A file is invalid; the message names it in one line.</exception>
    public static ExtraImages Load(
        string path, int channels, int height, int width, IReadOnlyList<string> classes, int? limit = null, long seed = 0)
    {
        long[] shape = [channels, height, width];
        long[] SelectRows(long count) =>
            limit < count ? SampleIndices(count, limit.Value, seed) : [.. Enumerable.Range(0, checked((int)count)).Select(i => (long)i)];

        using var scope = NewDisposeScope();
        var (remarks, origin) = ((IReadOnlyList<string>)[], default(ImageOrigin));
        var (images, labels, places, names) = Directory.Exists(path)
            ? InputFile.Read(path, "a readable folder", () => Directory.GetFiles(path, "*.bin")) is { Length: > 0 } bins
                ? ReadCifar([.. bins.Order(StringComparer.Ordinal)], shape, classes.Count, SelectRows)
                : ReadFolder(FolderFiles.Open("extra-data", path), shape, classes, SelectRows, out origin)
            : !File.Exists(path) ? throw new InputException($"{path}: is neither a file nor a folder")
            : Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".npz" => ReadNpz(path, shape, classes, SelectRows, out remarks),
                ".bin" => ReadCifar([path], shape, classes.Count, SelectRows),
                _ when ArchiveReader.HasArchiveExtension(path) || ArchiveFormat.Detect(path).Length > 0 =>
                    ReadFolder(FolderFiles.Open("extra-data", path), shape, classes, SelectRows, out origin),
                _ => throw new InputException(
                    $"{path}: is neither a folder, nor an archive of one ({ArchiveReader.SupportedFormats}), nor .npz, nor CIFAR's .bin; a pickle "
                        + "can run code and is not read"),
            };
        if (images.shape[0] == 0) throw new InputException($"{path}: has no images");
        return new ExtraImages(images.DetachFromDisposeScope(), labels?.DetachFromDisposeScope(), places)
        {
            Remarks = origin?.Remarks ?? remarks,
            Origin = origin, Classes = names
        };
    }

    /// <summary>Where the images were read from; null if their indices identify them.</summary>
    internal ImageOrigin? Origin { get; init; }

    /// <summary>Inspects the images.</summary>
    /// <param name="name">Name of the images, for messages.</param>
    /// <param name="classes">Class names.</param>
    public DataInspection Inspect(string name, IReadOnlyList<string> classes)
    {
        using var scope = NewDisposeScope();
        var labels = Labels?.alias() ?? full(Images.shape[0], -1L, ScalarType.Int64);
        using var set = new ImageSet(name, Images.alias(), labels, classes) { Origin = Origin };
        var inspection = new DataInspection();
        inspection.Add("images", set);
        if (Origin is null) foreach (var remark in Remarks) inspection.AddRemark(remark);
        return inspection;
    }

    /// <summary>Class names that the labels refer to; null if the file does not contain them.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    public void Dispose()
    {
        Images.Dispose();
        Labels?.Dispose();
    }

    private static long[] SampleIndices(long count, int limit, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        return [.. randperm(count, dtype: ScalarType.Int64, generator: generator)[..limit].sort().Values.data<long>()];
    }

    private static (Tensor, Tensor?, string[], IReadOnlyList<string>?) ReadNpz(
        string path, long[] shape, IReadOnlyList<string> classes, Func<long, long[]> selectRows, out IReadOnlyList<string> remarks)
    {
        long[] rows = [];
        var found = Npz.Read(path, Split.Train, shape, classes, count => rows = selectRows(count));
        remarks = found.Remarks;
        return (found.Images, found.Labels, [.. rows.Select(i => $"{i}")], found.ByName ? classes : Npz.ReadClasses(path));
    }

    private static (Tensor, Tensor?, string[], IReadOnlyList<string>?) ReadCifar(string[] paths, long[] shape, int classes, Func<long,
        long[]> selectRows)
    {
        if (!shape.SequenceEqual((long[])[3, 32, 32]))
            throw new InputException($"{paths[0]}: CIFAR's format has images of 3x32x32, not {string.Join('x', shape)}");
        const int Pixels = 3 * 32 * 32;
        var labelBytes = classes > 10 ? 2 : 1;
        var record = Pixels + labelBytes;
        var files = paths.Select(path => (Path: path, Bytes: InputFile.Read(path, "readable", () => RegularFile.ReadAllBytes(path, Array.MaxLength))))
            .ToArray();
        foreach (var (path, bytes) in files)
        {
            if (bytes.Length == 0 || bytes.Length % record != 0)
                throw new InputException($"{path}: has {bytes.Length} bytes, not a multiple of {record} bytes per image");
        }
        var starts = files.SelectMany(f => Enumerable.Range(0, f.Bytes.Length / record).Select(i => (f.Path, f.Bytes, Number: i))).ToArray();
        var rows = selectRows(starts.Length);
        var images = empty([rows.Length, .. shape], ScalarType.Byte);
        var labels = new long[rows.Length];
        using var scope = NewDisposeScope();
        for (var i = 0; i < rows.Length; i++)
        {
            var (_, bytes, number) = starts[rows[i]];
            var at = number * record;
            labels[i] = bytes[at + labelBytes - 1];
            bytes.AsSpan(at + labelBytes, Pixels).CopyTo(images[i].bytes);
        }
        return (images, tensor(labels).MoveToOuterDisposeScope(), [.. rows.Select(i => $"{Path.GetFileName(starts[i].Path)} {starts[i].Number}")],
            null);
    }

    private static (Tensor, Tensor?, string[], IReadOnlyList<string>?) ReadFolder(
        FolderFiles files, long[] shape, IReadOnlyList<string> classes, Func<long, long[]> selectRows, out ImageOrigin origin)
    {
        using var folder = files;
        var root = folder.Root;
        var all = folder.Files.Keys.Order(StringComparer.Ordinal).ToArray();
        folder.RequireImages();
        var selected = selectRows(all.Length).Select(i => new FolderImage(all[i].Split('/')[0], all[i], all[i])).ToArray();
        var pictures = new PictureStack(folder, selected);
        var images = pictures.Decode(selected.Length);
        origin = new ImageOrigin([.. selected.Select(file => file.Path)], pictures.GetStatistics(images), folder.Skipped)
        {
            Remarks = folder.Remarks, UnreadFolders = folder.Skipped.UnreadFolders(all), EmptyFolders = folder.Skipped.EmptyFolders,
        };
        if (!images.shape[2..].SequenceEqual(shape[1..]) || images.shape[1] > shape[0])
            throw new InputException($"{root}: its images are {string.Join('x', images.shape[1..])}, not {string.Join('x', shape)}");
        if (images.shape[1] < shape[0]) images = images.expand(-1, shape[0], -1, -1).contiguous();

        string[] own = [.. selected.Select(f => f.Class).Distinct()];
        if (ClassOrder.Find(classes, own) is not { } places) return (images, null, [.. selected.Select(f => f.Path)], null);
        var numbers = own.Zip(places).ToDictionary(c => c.First, c => c.Second);
        return (images, tensor(selected.Select(f => numbers[f.Class]).ToArray()), [.. selected.Select(f => f.Path)], classes);
    }
}
