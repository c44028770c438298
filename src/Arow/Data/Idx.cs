using System.Buffers.Binary;

namespace Arow.Data;

/// <summary>
/// A data set in MNIST's IDX format, compressed or not: <c>train-images-idx3-ubyte[.gz]</c> and its three siblings.
/// </summary>
/// <param name="Name">Name in the Catalog.</param>
/// <param name="Title">What it is.</param>
/// <param name="Classes">Names of the ten classes.</param>
/// <param name="Augmentation">How training images are varied.</param>
/// <param name="Files">What <c>arow data fetch</c> brings.</param>
public sealed record Idx(
    string Name, string Title, IReadOnlyList<string> Classes, Augmentation Augmentation, IReadOnlyList<RemoteFile> Files)
    : IDataSet
{
    private const int ImagesMagic = 0x0803;
    private const int LabelsMagic = 0x0801;

    /// <inheritdoc/>
    public ImageSet Load(Split split, string? folder)
    {
        var prefix = split == Split.Train ? "train" : "t10k";
        var (imagesPath, images) = Read(folder, $"{prefix}-images-idx3-ubyte");
        var (labelsPath, labels) = Read(folder, $"{prefix}-labels-idx1-ubyte");

        var header = Header(imagesPath, images, ImagesMagic, 3);
        var (n, h, w) = (header[0], header[1], header[2]);
        if (n == 0 || h == 0 || w == 0) throw new InputException($"{imagesPath}: has no images");
        CheckLength(imagesPath, images, 16, (Int128)n * h * w);

        var labelCount = Header(labelsPath, labels, LabelsMagic, 1)[0];
        CheckLength(labelsPath, labels, 8, labelCount);
        if (labelCount != n) throw new InputException($"{labelsPath}: has {labelCount} labels for the {n} images of {imagesPath}");
        using var scope = NewDisposeScope();
        var y = InputFile.Labels(labelsPath, labels.AsSpan(8), Classes.Count);
        var pixels = empty([n, 1, h, w], ScalarType.Byte);
        images.AsSpan(16).CopyTo(pixels.bytes);
        return new ImageSet(Name, pixels, y, Classes);
    }

    private (string Path, byte[] Bytes) Read(string? folder, string file)
    {
        folder = InputFile.Folder(Name, folder, $"{file}.gz and its siblings");
        foreach (var path in (string[])[Path.Combine(folder, file + ".gz"), Path.Combine(folder, file)])
        {
            if (!File.Exists(path)) continue;
            var gzip = path.EndsWith(".gz", StringComparison.Ordinal);
            return (path, InputFile.Read(path, "a gzip file", () => gzip ? GzipFile.Read(path, Content) : File.ReadAllBytes(path)));
        }
        throw new InputException($"{folder}: has neither {file}.gz nor {file}; 'arow data fetch {Name}' brings them");
    }

    private static byte[] Content(Stream stream)
    {
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static int[] Header(string path, byte[] bytes, int magic, int dimensions)
    {
        if (bytes.Length < 4 * (dimensions + 1)) throw new InputException($"{path}: is too short to be an IDX file");
        var numbers = Enumerable.Range(0, dimensions + 1)
            .Select(i => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4 * i))).ToArray();
        if (numbers[0] != magic)
            throw new InputException($"{path}: begins with {numbers[0]:x8} where an IDX file of its kind begins with {magic:x8}");
        if (numbers.Skip(1).Any(n => n < 0)) throw new InputException($"{path}: has a negative size in its header");
        return numbers[1..];
    }

    private static void CheckLength(string path, byte[] bytes, int header, Int128 expected)
    {
        if (bytes.Length - header != expected)
            throw new InputException($"{path}: holds {bytes.Length - header} bytes of data where its header says {expected}");
    }
}
