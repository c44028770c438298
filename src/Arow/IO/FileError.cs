namespace Arow.IO;

/// <summary>Describes why a file could not be read or written, without the paths and type names of the runtime's own messages.</summary>
internal static class FileError
{
    /// <summary>Upper bound of error numbers of operating systems.</summary>
    private const int MaximumErrno = 4096;

    /// <summary>Returns the reason, without the name of the file.</summary>
    /// <param name="fault">
    /// An <see cref="IOException"/>, an <see cref="UnauthorizedAccessException"/>, or another exception of a path operation.
    /// </param>
    public static string Describe(Exception fault) => fault switch
    {
        PathTooLongException => "the name is too long",
        FileNotFoundException or DirectoryNotFoundException or DriveNotFoundException => "it does not exist",
        UnauthorizedAccessException => "permission denied",
        EndOfStreamException => "unexpected end of file",
        ArgumentException or NotSupportedException => "the name contains an invalid character",
        _ => DescribeErrno(fault.HResult)
            ?? (fault is IOException && fault.HResult is > 0 and < MaximumErrno ? $"the system reports error {fault.HResult}"
                : "unknown system error"),
    };

    /// <summary>Returns the file, if the exception names it, and the reason; the output for a temporary file of it.</summary>
    /// <param name="fault">See <see cref="Describe"/>.</param>
    public static string DescribeWithFile(Exception fault)
    {
        var quoted = fault.Message.Split('\'');
        var file = (fault as FileNotFoundException)?.FileName ?? (quoted.Length >= 3 ? string.Join('\'', quoted[1..^1]) : null);
        return file is null ? Describe(fault) : $"{file.Replace(TemporaryFiles.PathFor(""), "")}: {Describe(fault)}";
    }

    /// <summary>The error numbers of Linux, most of which macOS shares.</summary>
    private static string? DescribeErrno(int number) => OperatingSystem.IsWindows() ? DescribeWindowsError(number & 0xffff) : number switch
    {
        1 => "the operation is not permitted",
        4 => "the call was interrupted",
        5 => "input/output error of the device",
        6 or 19 => "no such device",
        11 => "it is in use by another process",
        13 => "permission denied",
        16 or 26 => "it is in use",
        17 => "it already exists",
        18 => "it is on another file system",
        20 => "a part of the path is a file, not a folder",
        21 => "it is a folder",
        22 => "the file system does not support this",
        23 or 24 => "too many files are open",
        27 => "it would be larger than the file system allows",
        28 => "no space is left on the device",
        29 => "it does not support seeking",
        30 => "the file system is read-only",
        32 => "the reader has closed the pipe",
        35 when OperatingSystem.IsMacOS() => "it is in use by another process",
        36 => "the name is too long",
        39 => "the folder is not empty",
        40 => "its symbolic links form a loop",
        110 => "the file system does not respond",
        116 => "it no longer exists on the network file system",
        122 => "the disk quota is exceeded",
        _ => null,
    };

    private static string? DescribeWindowsError(int number) => number switch
    {
        5 => "permission denied",
        17 => "it is on another drive",
        32 or 33 => "it is in use by another process",
        39 or 112 => "no space is left on the device",
        80 or 183 => "it already exists",
        123 => "the name contains an invalid character",
        206 => "the name is too long",
        _ => null,
    };
}
