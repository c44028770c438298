namespace Arow;

/// <summary>Why a file could not be read or written, in words of our own: those of the run-time library quote paths and itself.</summary>
public static class FileFault
{
    /// <summary>Numbers of errors that a system may report are below.</summary>
    private const int MostErrors = 4096;

    /// <summary>The reason, without the name of the file.</summary>
    /// <param name="fault">An <see cref="IOException"/>, an <see cref="UnauthorizedAccessException"/>, or what else comes of a path.</param>
    public static string Reason(Exception fault) => fault switch
    {
        PathTooLongException => "the name is too long",
        FileNotFoundException or DirectoryNotFoundException or DriveNotFoundException => "it is not there",
        UnauthorizedAccessException => "permission is denied",
        EndOfStreamException => "it ends too early",
        ArgumentException or NotSupportedException => "the name holds a character that no name can hold",
        _ => Error(fault.HResult) ?? (fault is IOException && fault.HResult is > 0 and < MostErrors ? $"the system reports error {fault.HResult}" : "the system refuses it"),
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
    private static string? Error(int number) => OperatingSystem.IsWindows() ? Windows(number & 0xffff) : number switch
    {
        1 => "it is not permitted",
        4 => "it was interrupted",
        5 => "the device reports an input or output error",
        6 or 19 => "there is no such device",
        11 => "another process has it open",
        13 => "permission is denied",
        16 or 26 => "it is in use",
        17 => "it is there already",
        18 => "it lies on another file system",
        20 => "a part of the path is a file, not a folder",
        21 => "it is a folder",
        22 => "the file system cannot do this",
        23 or 24 => "too many files are open",
        27 => "it would be larger than the file system allows",
        28 => "no space is left on the device",
        29 => "it can only be read from its beginning to its end",
        30 => "the file system is read-only",
        32 => "nobody reads it any more",
        35 when OperatingSystem.IsMacOS() => "another process has it open",
        36 => "the name is too long",
        39 => "the folder is not empty",
        40 => "its links lead back to themselves",
        110 => "the file system does not answer",
        116 => "the network file system has lost it",
        122 => "the quota of the disk is used up",
        _ => null,
    };

    private static string? Windows(int number) => number switch
    {
        5 => "permission is denied",
        17 => "it lies on another drive",
        32 or 33 => "another process has it open",
        39 or 112 => "no space is left on the device",
        80 or 183 => "it is there already",
        123 => "the name holds a character that no name can hold",
        206 => "the name is too long",
        _ => null,
    };
}
