using System.Text;
using Arow.IO;
using Arow.Pickles;

namespace Arow.Data;

/// <summary>The Python version of CIFAR, which torchvision uses: the images of the binary version, one pickle per file.</summary>
/// <param name="ArchiveFolder">Top-level folder of the archive.</param>
/// <param name="Archive">Name of the archive.</param>
/// <param name="LabelsKey">Key of the labels.</param>
/// <param name="MetaFile">File with the class names.</param>
/// <param name="NamesKey">Key of the class names.</param>
public sealed record CifarPickles(string ArchiveFolder, string Archive, string LabelsKey, string MetaFile, string NamesKey)
{
    private const int Pixels = 3 * 32 * 32;

    /// <summary>Returns the name in this version of a file of the binary version.</summary>
    internal static string ToPickleName(string binary) => Path.GetFileNameWithoutExtension(binary);

    /// <summary>Reads the images of a file.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="bytes">Content of the file.</param>
    /// <param name="classes">Number of classes.</param>
    /// <exception cref="InputException">The file is damaged or has unexpected content.</exception>
    internal CifarBatch Read(string path, ReadOnlyMemory<byte> bytes, int classes)
    {
        var entries = ReadDictionary(path, bytes);
        if (entries.GetValueOrDefault("data") is not NumpyArray { Element: { Kind: 'u', Size: 1 }, Shape: [var count, Pixels] } data)
            throw new InputException($"{path}: has no 'data' of bytes [N, {Pixels}]; it has {DescribeKeys(entries)}");
        if (count == 0) throw new InputException($"{path}: has no images");
        var labels = ToLabels(path,
            entries.GetValueOrDefault(LabelsKey) ?? throw new InputException($"{path}: has no '{LabelsKey}'; it has {DescribeKeys(entries)}"));
        if (labels.Length != count) throw new InputException($"{path}: has {labels.Length} labels for {count} images");
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] < 0 || labels[i] >= classes) throw new InputException(
                $"{path}: label {labels[i]} of image {i} is not in the range 0 to {classes - 1}");
        }
        return new CifarBatch(path, data.IsFortran ? ToRowMajor(data.Bytes.Span, (int)count) : data.Bytes, Pixels, 0,
            [.. labels.Select(label => (byte)label)]);
    }

    /// <summary>Reads the class names.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="bytes">The content of <see cref="MetaFile"/>.</param>
    /// <param name="count">Expected number of names.</param>
    /// <exception cref="InputException">The file is damaged or has unexpected content.</exception>
    internal IReadOnlyList<string> ReadClassNames(string path, ReadOnlyMemory<byte> bytes, int count)
    {
        var entries = ReadDictionary(path, bytes);
        string[] names = [.. (entries.GetValueOrDefault(NamesKey) as List<object?> ?? [])
            .Select(name => name as string ?? (name is ReadOnlyMemory<byte> text ? Encoding.UTF8.GetString(text.Span) : ""))];
        return names.Length == count && names.Distinct().Count() == count && !names.Contains("") ? names
            : throw new InputException($"{path}: has no {count} distinct class names in '{NamesKey}'");
    }

    private static IReadOnlyDictionary<string, object?> ReadDictionary(string path, ReadOnlyMemory<byte> bytes) =>
        new PickleReader(path, bytes, new NumpyPickleResolver()).Read() is PickleMap map ? map.Entries
            : throw new InputException($"{path}: is not a pickled dictionary, unlike the files of CIFAR's Python version");

    private static long[] ToLabels(string path, object labels) => labels switch
    {
        List<object?> list when list.All(label => label is long) => [.. list.Select(label => (long)label!)],
        NumpyArray { Element: { IsInteger: true } element, Shape.Length: 1 } array =>
            [.. ToDoubles(element, array.Bytes.Span).Select(label => (long)label)],
        _ => throw new InputException($"{path}: its labels are not a list of integers"),
    };

    private static double[] ToDoubles(NpyElement element, ReadOnlySpan<byte> bytes)
    {
        var numbers = new double[bytes.Length / element.Size];
        element.ToDoubles(bytes, numbers);
        return numbers;
    }

    private static byte[] ToRowMajor(ReadOnlySpan<byte> columns, int count)
    {
        var rows = new byte[columns.Length];
        for (var i = 0; i < rows.Length; i++) rows[i % count * Pixels + i / count] = columns[i];
        return rows;
    }

    private static string DescribeKeys(IReadOnlyDictionary<string, object?> named) =>
        named.Count == 0 ? "nothing" : SkippedFiles.JoinFirst([.. named.Keys.Select(key => $"'{key}'")]);
}

/// <summary>The images of one CIFAR file.</summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Bytes">Buffer with the pixels, plane by plane.</param>
/// <param name="Stride">Bytes from one image to the next.</param>
/// <param name="First">Offset of the first image in bytes.</param>
/// <param name="Labels">Class of each image.</param>
internal sealed record CifarBatch(string Path, ReadOnlyMemory<byte> Bytes, int Stride, int First, byte[] Labels);
