using Arow.IO;

namespace Arow.Data;

/// <summary>Reads user files: every fault of a file becomes one sentence that begins with its path.</summary>
internal static class InputFile
{
    /// <summary>Returns the result of <paramref name="read"/>.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="kind">Expected kind, with an article: <c>a gzip file</c>.</param>
    /// <param name="read">Reads the file.</param>
    /// <exception cref="InputException">The file is damaged or cannot be read.</exception>
    public static T Read<T>(string path, string kind, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException
            or OverflowException or NotSupportedException)
        {
            throw new InputException($"{path}: is damaged or not {kind}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {DescribeError(path, e)}", e);
        }
    }

    private static string DescribeError(string path, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException when new FileInfo(path).LinkTarget is { } target =>
            $"it is a link to {target}, which does not exist",
        FileNotFoundException or DirectoryNotFoundException => "it does not exist",
        UnauthorizedAccessException => "permission denied",
        PathTooLongException => "its path is too long for this system",
        _ => FileError.Describe(e),
    };

    /// <summary>Rejects images that do not fit into memory, before any is allocated.</summary>
    /// <param name="path">Their file, for the message.</param>
    /// <param name="count">Number of images.</param>
    /// <param name="shape">C, H, W of each.</param>
    /// <exception cref="InputException">The images do not fit.</exception>
    public static void RequireMemory(string path, long count, IReadOnlyList<long> shape)
    {
        if ((Int128)count * shape[0] * shape[1] * shape[2] > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
            throw new InputException($"{path}: {count} images of {shape[2]}x{shape[1]} do not fit into memory; use fewer");
    }

    /// <summary>Checks that the data folder exists and returns it.</summary>
    /// <param name="set">The data set, for the message.</param>
    /// <param name="folder">Path as given by the user.</param>
    /// <param name="content">Expected content.</param>
    /// <param name="published">A file that the message says how to get; null if nothing is published.</param>
    public static string RequireFolder(string set, string? folder, string content, RemoteFile? published = null)
    {
        if (Directory.Exists(folder)) return folder;
        var fetch = published is null ? "" : $"; {Wording.Current.Download(set, published.Address)}";
        if (folder is null) throw new InputException($"{set} needs {Wording.Current.Setting("data-dir")}, the folder that holds {content}{fetch}");
        var reason = File.Exists(folder) ? "is a file"
            : folder.Contains('\ufffd') ? "is not a folder, or its name is not UTF-8" : "is not a folder";
        throw new InputException($"{folder}: {reason}; {Wording.Current.Setting("data-dir")} is the folder that holds {content}{fetch}");
    }

    /// <summary>Converts bytes to labels, [N] int64, all below <paramref name="classes"/>.</summary>
    public static Tensor ToLabels(string path, ReadOnlySpan<byte> labels, int classes)
    {
        var wrong = labels.IndexOfAnyExceptInRange((byte)0, (byte)(classes - 1));
        if (wrong >= 0)
            throw new InputException($"{path}: label {labels[wrong]} of image {wrong} is not in the range 0 to {classes - 1}");
        using var bytes = tensor(labels.ToArray());
        return bytes.to(ScalarType.Int64);
    }
}
