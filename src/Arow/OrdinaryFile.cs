using System.Runtime.InteropServices;

namespace Arow;

/// <summary>
/// Opens the files that a user names. A named pipe waits for somebody to write, and a device such as <c>/dev/zero</c> has no
/// end: both are refused, and so is a file that is longer than any of its kind.
/// </summary>
public static partial class OrdinaryFile
{
    // Bits of st_mode in POSIX.
    private const int TypeMask = 0xF000, Pipe = 0x1000, CharacterDevice = 0x2000, Folder = 0x4000, BlockDevice = 0x6000, Ordinary = 0x8000, Socket = 0xC000;

    /// <summary>Opens a file for reading, links followed.</summary>
    /// <exception cref="InputException">It is a folder, a pipe, a device or a socket.</exception>
    /// <exception cref="IOException">It is not there or cannot be read.</exception>
    public static FileStream Open(string path, FileOptions options = FileOptions.None)
    {
        Check(path);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, options);
    }

    /// <summary>The bytes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">How many bytes a file of its kind has at most.</param>
    /// <exception cref="InputException">It is longer, or no ordinary file.</exception>
    /// <exception cref="IOException">It is not there or cannot be read.</exception>
    public static byte[] ReadAllBytes(string path, long longest)
    {
        using var file = Open(path);
        CheckLength(path, file.Length, longest);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The text of a file in UTF-8, a byte order mark left out.</summary>
    /// <inheritdoc cref="ReadAllBytes"/>
    public static string ReadAllText(string path, long longest)
    {
        using var file = Open(path);
        CheckLength(path, file.Length, longest);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    /// <summary>Refuses what is there and is no ordinary file; what is not there is no fault here.</summary>
    /// <exception cref="InputException">It is a folder, a pipe, a device, a socket, or a link that leads nowhere.</exception>
    public static void Check(string path)
    {
        if (Fault(path) is { } fault) throw new InputException($"{path}: {fault}");
        if (OutputPath.LeadsNowhere(path)) throw new InputException($"{path}: cannot be read: it is a link that leads nowhere");
    }

    /// <summary>Why what is there is no ordinary file; null if it is one, or nothing is there.</summary>
    internal static string? Fault(string path)
    {
        var kind = Kind(path) switch
        {
            Pipe => "a pipe; save what it gives to a file first",
            CharacterDevice or BlockDevice => "a device",
            Folder => "a folder",
            Socket => "a socket",
            _ => null,
        };
        return kind is null ? null : $"is not an ordinary file but {kind}";
    }

    /// <summary>Refuses a file that is longer than any of its kind.</summary>
    internal static void CheckLength(string path, long length, long longest)
    {
        if (length > longest) throw new InputException($"{path}: has {length} bytes, and no file of its kind has more than {longest}");
    }

    /// <summary>The type bits of what is there, those of an ordinary file where the system has no others or nothing is there.</summary>
    private static int Kind(string path)
    {
        if (OperatingSystem.IsWindows()) return Directory.Exists(path) ? Folder : Ordinary;
        // The runtime's own portable form of stat(2), whose second number is st_mode; nothing public tells a pipe from a file.
        Span<int> status = stackalloc int[64];
        try
        {
            return Stat(path, status) == 0 ? status[1] & TypeMask : Ordinary;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return Ordinary;
        }
    }

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, Span<int> status);
}
