using System.IO.Compression;
using System.Runtime.InteropServices;
using Arow.Classes;
using Arow.IO;

namespace Arow.Data;

/// <summary>
/// Images in NumPy's .npz format: an array [N, H, W, C], [N, C, H, W] or [N, H, W] of bytes, or of other numbers in [0, 1] or 0 to
/// 255, in C or Fortran order, and an optional array of labels, [N] or [N, 1]. <see cref="NpzArrayNames"/> lists the array names.
/// </summary>
internal static class Npz
{
    /// <summary>A text file beside the arrays, one class name per line.</summary>
    private const string ClassesEntry = "class_names.txt";

    /// <summary>Writes images and labels atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">[N, C, H, W], uint8; stored as [N, H, W, C], as generated data is.</param>
    /// <param name="labels">[N], int64.</param>
    /// <param name="confidence">[N], float32.</param>
    /// <param name="classes">Class names that the labels refer to; null if unknown.</param>
    public static void Write(string path, Tensor images, Tensor labels, Tensor confidence, IReadOnlyList<string>? classes = null) =>
        AtomicFile.Write(path, file =>
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
        var (n, c, h, w) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3]);
        using (var entry = CreateEntry(zip, "image", new NpyHeader("|u1", [n, h, w, c])))
        {
            // A thousand images at a time, because spans are limited to 2 GiB.
            for (var first = 0L; first < n; first += 1000)
            {
                using var scope = NewDisposeScope();
                entry.Write(images.narrow(0, first, Math.Min(1000, n - first)).permute(0, 2, 3, 1).contiguous().cpu().bytes);
            }
        }
        if (classes is not null)
        {
            using var names = new StreamWriter(zip.CreateEntry(ClassesEntry).Open());
            names.Write(ClassNames.ToMetadata(classes));
        }
        using (var entry = CreateEntry(zip, "label", new NpyHeader("<i8", [n]))) entry.Write(ToBytes(labels));
        using (var entry = CreateEntry(zip, "confidence", new NpyHeader("<f4", [n]))) entry.Write(ToBytes(confidence));
    });

    /// <summary>Writes images in float32 and columns of numbers atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">Pixels of each image, in [0, 1].</param>
    /// <param name="shape">C, H, W of each.</param>
    /// <param name="columns">Names and numbers, one for each image.</param>
    /// <param name="classes">Class names that labels refer to.</param>
    public static void WriteExact(string path, IReadOnlyList<float[]> images, long[] shape, IReadOnlyList<(string Name, long[] Numbers)> columns,
        IReadOnlyList<string> classes) =>
        AtomicFile.Write(path, file =>
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
        using (var entry = CreateEntry(zip, "image", new NpyHeader("<f4", [images.Count, .. shape])))
        {
            foreach (var image in images) entry.Write(MemoryMarshal.AsBytes<float>(image));
        }
        foreach (var (name, numbers) in columns)
        {
            using var entry = CreateEntry(zip, name, new NpyHeader("<i8", [numbers.Length]));
            entry.Write(MemoryMarshal.AsBytes<long>(numbers));
        }
        using var names = new StreamWriter(zip.CreateEntry(ClassesEntry).Open());
        names.Write(ClassNames.ToMetadata(classes));
    });

    /// <summary>Reads the class names that the labels refer to; null if the file does not contain them.</summary>
    internal static IReadOnlyList<string>? ReadClasses(string path) => InputFile.Read(path, "an .npz file of images", () =>
    {
        const int Longest = 1 << 24;
        using var zip = ZipReader.Open(path);
        if (zip.Entries.FirstOrDefault(e => e.Name == ClassesEntry) is not { } entry) return null;
        if (entry.Length > Longest) throw new InputException($"{path}: {ClassesEntry} is longer than {Longest >> 20} MB");
        using var reader = new StreamReader(zip.Open(entry));
        return ClassNames.FromMetadata(path, reader.ReadToEnd());
    });

    /// <summary>Reads the images of one split and their labels, if any. No more is held than the images themselves.</summary>
    /// <param name="path">The file.</param>
    /// <param name="split">The split, if the arrays are named by split.</param>
    /// <param name="shape">Required C, H, W; null for any.</param>
    /// <param name="classes">Class names, for labels that are strings.</param>
    /// <param name="selectRows">Maps the number of images to the requested indices, ascending.</param>
    /// <exception cref="InputException">The file is damaged or an array is invalid.</exception>
    internal static NpzImages Read(string path, Split split, long[]? shape, IReadOnlyList<string> classes, Func<long, long[]> selectRows) =>
        InputFile.Read(path, "an .npz file of images", () =>
        {
            using var zip = ZipReader.Open(path);
            return Read(path, [.. zip.Entries.Select(entry => NpySource.Create(zip, entry))], split, shape, classes, selectRows);
        });

    /// <summary>Reads an .npy file of images, and one of labels in the same folder, if there is any.</summary>
    /// <inheritdoc cref="Read(string, Split, long[], IReadOnlyList{string}, Func{long, long[]})"/>
    internal static NpzImages ReadFiles(string path, Split split, IReadOnlyList<string> classes, Func<long, long[]> selectRows) =>
        InputFile.Read(path, "an .npy file of images", () => Read(path,
            [.. Directory.GetFiles(Path.GetDirectoryName(Path.GetFullPath(path))!, "*.npy").Where(other => NpzArrayNames.IsLabels(other))
                .Order(StringComparer.Ordinal).Prepend(path).DistinctBy(Path.GetFullPath).Select(NpySource.Create)],
            split, shape: null, classes, selectRows));

    private static NpzImages Read(string path, IReadOnlyList<NpySource> arrays, Split split, long[]? shape, IReadOnlyList<string> classes,
        Func<long, long[]> selectRows)
    {
        var (imageName, labelName, remark) = NpzArrayNames.Find(path, [.. arrays.Select(a => a.Name)], split);
        var images = NpzArray.OpenChecked(arrays.First(a => a.Name == imageName), "images", "uint8");
        var layout = NpzLayout.Create(path, images, shape);
        var values = PixelConversion.Create(path, images);
        var selected = selectRows(images.Header.Shape[0]);
        InputFile.RequireMemory(path, selected.Length, layout.Shape);
        using var scope = NewDisposeScope();
        var pixels = empty([selected.Length, .. layout.Shape], ScalarType.Byte);
        using (var stream = images.Open()) values.ReadInto(pixels, stream, layout, selected);
        var labelArray = labelName is null ? null
            : NpzArray.OpenChecked(arrays.First(a => a.Name == labelName), "labels", "int64");
        var labels = labelArray is null ? null : ReadLabels(path, labelArray, images.Header.Shape[0], classes, selected);
        return new NpzImages(pixels.MoveToOuterDisposeScope(), labels?.MoveToOuterDisposeScope(),
            [.. new[] { remark, values.Remark }.OfType<string>()])
        {
            ByName = labelArray?.Element.IsNumber == false, IsOfSplit = NpzArrayNames.SaysSplit(imageName),
        };
    }

    private static Tensor ReadLabels(string path, NpzArray labels, long count, IReadOnlyList<string> classes, long[] selected)
    {
        var (shape, element) = (labels.Header.Shape, labels.Element);
        if (shape.Count(n => n != 1) > 1 || shape.Aggregate(1L, (a, b) => a * b) != count)
        {
            throw new InputException($"{path}: {labels.Name} is {labels.ShapeText}, but there are {count} images"
                + (shape is [var n, > 1] && n == count ? "; one number per image is expected: save labels.argmax(1) if they are one-hot" : ""));
        }
        if (element.IsNumber && !labels.Range.Whole) throw new InputException($"{path}: {labels.Name} has fractions; labels must be integers");
        var numbers = classes.Index().ToDictionary(c => c.Item, c => (long)c.Index);
        using var stream = labels.Open();
        var (bytes, number, found) = (new byte[element.Size], new double[1], new long[selected.Length]);
        var at = 0L;
        for (var i = 0; i < selected.Length; i++)
        {
            for (; at <= selected[i]; at++) stream.ReadExactly(bytes);
            if (element.IsNumber) element.ToDoubles(bytes, number);
            found[i] = element.IsNumber ? checked((long)number[0])
                : numbers.TryGetValue(element.ToText(bytes), out var named) ? named
                : throw new InputException(
                    $"{path}: {labels.Name} '{element.ToText(bytes)}' of image {selected[i]} is not a class; known classes: "
                        + $"{string.Join(' ', classes.Take(20))}");
        }
        return tensor(found);
    }

    private static Stream CreateEntry(ZipArchive zip, string name, NpyHeader header)
    {
        var stream = zip.CreateEntry($"{name}.npy", CompressionLevel.Fastest).Open();
        header.Write(stream);
        return stream;
    }

    private static ReadOnlySpan<byte> ToBytes(Tensor values) => MemoryMarshal.AsBytes(
        values.dtype == ScalarType.Int64 ? MemoryMarshal.AsBytes<long>(values.cpu().data<long>().ToArray())
            : MemoryMarshal.AsBytes<float>(values.cpu().data<float>().ToArray()));
}
