namespace Arow.Data;

/// <summary>Reading what users give: whatever is wrong with a file becomes one sentence that begins with its name.</summary>
internal static class InputFile
{
    /// <summary>What <paramref name="read"/> returns.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="kind">What it should be, with its article: <c>a gzip file</c>.</param>
    /// <param name="read">Reads it.</param>
    /// <exception cref="InputException">It is damaged or cannot be read.</exception>
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
            throw new InputException($"{path}: cannot be read: {Why(path, e)}", e);
        }
    }

    private static string Why(string path, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException when new FileInfo(path).LinkTarget is { } target => $"it is a link to {target}, which is not there",
        FileNotFoundException or DirectoryNotFoundException => "it is not there",
        UnauthorizedAccessException => "it may not be read by this user",
        PathTooLongException => "its name is too long for this system",
        _ => FileFault.Reason(e),
    };

    /// <summary>Refuses images that do not fit into memory, before any is made.</summary>
    /// <param name="path">Their file, for the message.</param>
    /// <param name="count">How many.</param>
    /// <param name="shape">C, H, W of each.</param>
    /// <exception cref="InputException">They do not.</exception>
    public static void CheckMemory(string path, long count, IReadOnlyList<long> shape)
    {
        if ((Int128)count * shape[0] * shape[1] * shape[2] > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
            throw new InputException($"{path}: {count} images of {shape[2]}x{shape[1]} do not fit into memory; take fewer");
    }

    /// <summary>The data folder, which must be there.</summary>
    /// <param name="set">The data set, for the message.</param>
    /// <param name="folder">As the user gave it.</param>
    /// <param name="content">What it is to hold.</param>
    public static string Folder(string set, string? folder, string content)
    {
        if (folder is null) throw new InputException($"{set} needs --data-dir, the folder that holds {content}");
        return Directory.Exists(folder) ? folder
            : throw new InputException($"{folder}: {(File.Exists(folder) ? "is a file" : folder.Contains('\ufffd') ? "is no folder, or its name is not UTF-8" : "is no folder")}; --data-dir names the one that holds {content}");
    }

    /// <summary>Bytes as labels, [N] int64, all of them below <paramref name="classes"/>.</summary>
    public static Tensor Labels(string path, ReadOnlySpan<byte> labels, int classes)
    {
        var wrong = labels.IndexOfAnyExceptInRange((byte)0, (byte)(classes - 1));
        if (wrong >= 0)
            throw new InputException($"{path}: label {labels[wrong]} of image {wrong} is not one of 0 to {classes - 1}");
        using var bytes = tensor(labels.ToArray());
        return bytes.to(ScalarType.Int64);
    }
}
