namespace Arow;

/// <summary>Why a file could not be read or written, in words of our own: those of the run-time library quote paths and itself.</summary>
public static class FileFault
{
    /// <summary>The reason, without the name of the file.</summary>
    /// <param name="fault">An <see cref="IOException"/>, an <see cref="UnauthorizedAccessException"/>, or what else comes of a path.</param>
    public static string Reason(Exception fault) => fault switch
    {
        PathTooLongException => "the name is too long",
        FileNotFoundException or DirectoryNotFoundException or DriveNotFoundException => "it is not there",
        UnauthorizedAccessException => "permission is denied",
        EndOfStreamException => "it ends too early",
        ArgumentException or NotSupportedException => "the name holds a character that no name can hold",
        IOException => Error(fault.HResult) ?? Short(fault.Message),
        _ => Short(fault.Message),
    };

    /// <summary>The file, if the fault says which, and the reason.</summary>
    /// <param name="fault">As for <see cref="Reason"/>.</param>
    public static string Line(Exception fault)
    {
        var quoted = fault.Message.Split('\'');
        var file = (fault as FileNotFoundException)?.FileName ?? (quoted.Length >= 3 ? string.Join('\'', quoted[1..^1]) : null);
        return file is null ? Reason(fault) : $"{file}: {Reason(fault)}";
    }

    /// <summary>The numbers of Linux, which macOS shares but for some.</summary>
    private static string? Error(int number) => OperatingSystem.IsWindows() ? null : number switch
    {
        5 => "the device reports an input or output error",
        11 => "another process has it open",
        17 => "it is there already",
        20 => "a part of the path is a file, not a folder",
        24 => "too many files are open",
        27 => "it would be larger than the file system allows",
        28 => "no space is left on the device",
        30 => "the file system is read-only",
        35 when OperatingSystem.IsMacOS() => "another process has it open",
        40 => "its links lead back to themselves",
        122 => "the quota of the disk is used up",
        _ => null,
    };

    /// <summary>Without the path that the run-time library appends in quotes.</summary>
    private static string Short(string message)
    {
        var line = message.ReplaceLineEndings(" ");
        var at = line.IndexOf(" : '", StringComparison.Ordinal);
        return (at < 0 ? line : line[..at]).TrimEnd('.', ' ');
    }
}
