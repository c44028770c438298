using System.Buffers.Binary;
using Arow.IO;

namespace Arow.Data;

/// <summary>
/// A data set in MNIST's IDX format, compressed or not: <c>train-images-idx3-ubyte[.gz]</c> and its three siblings, in the folder or
/// in torchvision's location (<c>FashionMNIST/raw</c>); or in one .npz file as Keras stores it.
/// </summary>
/// <param name="Name">Name in the Catalog.</param>
/// <param name="Title">Short description.</param>
/// <param name="Classes">Names of the ten classes.</param>
/// <param name="Augmentation">Augmentation of the training images.</param>
/// <param name="Files">Files that <c>arow data fetch</c> downloads.</param>
public sealed record Idx(
    string Name, string Title, IReadOnlyList<string> Classes, Augmentation Augmentation, IReadOnlyList<RemoteFile> Files)
    : IDataSet
{
    private const int ImagesMagic = 0x0803;
    private const int LabelsMagic = 0x0801;

    // Largest compression ratio of Deflate: a header that claims more is wrong.
    private const long MaxDeflateRatio = 1032;

    /// <inheritdoc/>
    public ImageSet Load(Split split, string? folder)
    {
        var prefix = split == Split.Train ? "train" : "t10k";
        var (images, labels) = ($"{prefix}-images-idx3-ubyte", $"{prefix}-labels-idx1-ubyte");
        folder = InputFile.RequireFolder(Name, folder, $"{images}.gz and its siblings", Files.FirstOrDefault());
        if (DataSetFiles.SearchFolders(folder, Name).FirstOrDefault(place => Find(place, images) is not null) is { } found)
            return Load(Find(found, images)!,
                Find(found, labels) ?? throw new InputException($"{found}: has neither {labels}.gz nor {labels}, but {images} exists"));
        return DataSetFiles.FindNpz(folder, Name) is { } npz ? Load(npz, split)
            : throw DataSetFiles.MissingException(folder, $"{images}.gz or {images}", Wording.Current.Download(Name, Files[0].Address));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> FindSubstitutes(RemoteFile file, string folder)
    {
        if (!Directory.Exists(folder)) return [];
        var unpacked = DataSetFiles.SearchFolders(folder, Name).Select(place => Find(place, Path.GetFileNameWithoutExtension(file.Name)))
            .FirstOrDefault(path => path is not null);
        return (unpacked ?? DataSetFiles.FindNpz(folder, Name)) is { } found ? [found] : [];
    }

    private ImageSet Load(string imagesPath, string labelsPath)
    {
        using var scope = NewDisposeScope();
        // Labels are small: check their number before the images are unpacked.
        var labels = Read(labelsPath, LabelsMagic, 1, out var labelSizes);
        var images = Read(imagesPath, ImagesMagic, 3, out var sizes, expected: labelSizes[0], labelsPath);
        var y = InputFile.ToLabels(labelsPath, labels.bytes, Classes.Count);
        return new ImageSet(Name, images.reshape(sizes[0], 1, sizes[1], sizes[2]), y, Classes);
    }

    private ImageSet Load(string npz, Split split)
    {
        using var scope = NewDisposeScope();
        var found = Npz.Read(npz, split, shape: null, Classes, count => [.. Enumerable.Range(0, (int)count).Select(i => (long)i)]);
        if (found.Labels is null) throw new InputException($"{npz}: has no labels of the {(split == Split.Train ? "training" : "test")} images");
        var (least, most) = (found.Labels.min().item<long>(), found.Labels.max().item<long>());
        return least >= 0 && most < Classes.Count ? new ImageSet(Name, found.Images, found.Labels, Classes)
            : throw new InputException($"{npz}: has labels from {least} to {most}, not from 0 to {Classes.Count - 1}");
    }

    /// <summary>Finds a file as published, unpacked, with a dot in its name (as some programs unpack it), or in a folder of the same name.</summary>
    private static string? Find(string place, string file)
    {
        var dotted = file.Replace("-idx", ".idx", StringComparison.Ordinal);
        string[] names = [$"{file}.gz", file, $"{dotted}.gz", dotted, Path.Combine(file, file), Path.Combine(dotted, dotted),
            Path.Combine(file, dotted), Path.Combine(dotted, file)];
        return names.Select(name => Path.Combine(place, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>Reads the bytes of a file, [N], and its sizes. No more is unpacked than the header declares.</summary>
    private static Tensor Read(string path, int magic, int dimensions, out int[] sizes, int? expected = null, string? labels = null)
    {
        var gzip = path.EndsWith(".gz", StringComparison.Ordinal);
        var (found, data, count) = InputFile.Read(path, gzip ? "a gzip file" : "readable", () =>
        {
            if (gzip) return GzipReader.Read(path, stream =>
                ReadContent(path, stream, MaxDeflateRatio * new FileInfo(path).Length, magic, dimensions, expected, labels));
            using var file = RegularFile.Open(path);
            return ReadContent(path, file, file.Length, magic, dimensions, expected, labels);
        });
        if (count != data.shape[0]) throw new InputException($"{path}: has {count} bytes of data, but its header declares {data.shape[0]}");
        sizes = found;
        return data;
    }

    private static unsafe (int[] Sizes, Tensor Data, long Count) ReadContent(
        string path, Stream stream, long maxBytes, int magic, int dimensions, int? labelCount, string? labels)
    {
        var header = new byte[4 * (dimensions + 1)];
        var sizes = ParseHeader(path, header.AsSpan(0, stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false)), magic, dimensions);
        if (sizes.Contains(0)) throw new InputException($"{path}: has no {(dimensions == 1 ? "labels" : "images")}");
        var expected = sizes.Aggregate((Int128)1, (product, size) => product * size);
        if (expected > maxBytes) throw new InputException(
            $"{path}: has {Math.Max(0, (stream.CanSeek ? stream.Length : maxBytes) - header.Length)} bytes of "
                + $"data{(stream.CanSeek ? "" : " at most")}, but its header declares {expected}");
        if (labelCount is { } n && n != sizes[0] && stream.CanSeek is false) throw Unequal();
        if (dimensions == 3) InputFile.RequireMemory(path, sizes[0], [1, sizes[1], sizes[2]]);

        var data = empty([(long)expected], ScalarType.Byte);
        var start = (byte*)data.storage<byte>().data_ptr();
        var count = 0L;
        while (count < expected && stream.Read(
            new Span<byte>(start + count, (int)Math.Min(1 << 20, (long)expected - count))) is > 0 and var read) count += read;
        GC.KeepAlive(data);
        var piece = new byte[1 << 16];
        for (int more; (more = stream.Read(piece)) > 0;) count += more;
        return labelCount is { } m && m != sizes[0] && count == expected ? throw Unequal() : (sizes, data, count);

        InputException Unequal() => new($"{labels}: has {labelCount} labels for the {sizes[0]} images of {path}");
    }

    private static int[] ParseHeader(string path, ReadOnlySpan<byte> bytes, int magic, int dimensions)
    {
        if (bytes.Length < 4 * (dimensions + 1)) throw new InputException($"{path}: is too short to be an IDX file");
        var numbers = new int[dimensions + 1];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = BinaryPrimitives.ReadInt32BigEndian(bytes[(4 * i)..]);
        if (numbers[0] != magic)
            throw new InputException($"{path}: begins with {numbers[0]:x8}, but an IDX file of its kind begins with {magic:x8}");
        if (numbers.Skip(1).Any(n => n < 0)) throw new InputException($"{path}: has a negative size in its header");
        return numbers[1..];
    }
}
