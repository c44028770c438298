using System.Runtime.InteropServices;

namespace Arow.IO;

/// <summary>
/// Opens regular files. A named pipe blocks until another process writes, and a device such as <c>/dev/zero</c> has no end:
/// both are refused, as are files longer than the maximum of their kind.
/// </summary>
internal static partial class RegularFile
{
    // Bits of st_mode in POSIX.
    private const int TypeMask = 0xF000, Regular = 0x8000, Folder = 0x4000, Pipe = 0x1000, Socket = 0xC000;
    private const int CharacterDevice = 0x2000, BlockDevice = 0x6000;

    /// <summary>Opens a file for reading; follows links.</summary>
    /// <exception cref="InputException">It is a folder, a pipe, a device or a socket.</exception>
    /// <exception cref="IOException">It does not exist or cannot be read.</exception>
    public static FileStream Open(string path, FileOptions options = FileOptions.None)
    {
        EnsureRegular(path);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, options);
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximumLength">Maximum length of this kind of file, in bytes.</param>
    /// <exception cref="InputException">It is longer, or not a regular file.</exception>
    /// <exception cref="IOException">It does not exist or cannot be read.</exception>
    public static byte[] ReadAllBytes(string path, long maximumLength)
    {
        using var file = Open(path);
        EnsureLength(path, file.Length, maximumLength);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Reads the text of a UTF-8 file, without a byte order mark.</summary>
    /// <inheritdoc cref="ReadAllBytes"/>
    public static string ReadAllText(string path, long maximumLength)
    {
        using var file = Open(path);
        EnsureLength(path, file.Length, maximumLength);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    /// <summary>Throws if a path exists and is not a regular file; a missing file is no error here.</summary>
    /// <exception cref="InputException">It is a folder, a pipe, a device, a socket, or a broken link.</exception>
    public static void EnsureRegular(string path)
    {
        if (ValidateKind(path) is { } fault) throw new InputException($"{path}: {fault}");
        if (OutputPath.IsBrokenLink(path)) throw new InputException($"{path}: cannot be read: it is a broken link");
    }

    /// <summary>Returns an error message if a path exists and is not a regular file; null otherwise.</summary>
    internal static string? ValidateKind(string path)
    {
        var kind = Kind(path) switch
        {
            Pipe => "a pipe; save its output to a file first",
            CharacterDevice or BlockDevice => "a device",
            Folder => "a folder",
            Socket => "a socket",
            _ => null,
        };
        return kind is null ? null : $"is not a regular file but {kind}";
    }

    /// <summary>Throws if a file is longer than the maximum of its kind.</summary>
    internal static void EnsureLength(string path, long length, long maximumLength)
    {
        if (length > maximumLength) throw new InputException($"{path}: has {length} bytes; the maximum for this kind of file is {maximumLength}");
    }

    /// <summary>Returns the type bits of a path; those of a regular file if the system has no such bits or the path does not exist.</summary>
    private static int Kind(string path)
    {
        if (OperatingSystem.IsWindows()) return Directory.Exists(path) ? Folder : Regular;
        // The runtime's portable form of stat(2), whose second number is st_mode; no public API distinguishes pipes from files.
        Span<int> status = stackalloc int[64];
        try
        {
            return Stat(path, status) == 0 ? status[1] & TypeMask : Regular;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return Regular;
        }
    }

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, Span<int> status);
}
