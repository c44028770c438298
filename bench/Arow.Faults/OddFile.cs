using System.Runtime.InteropServices;

namespace Arow.Faults;

/// <summary>What may stand under a file's name and is none: it has no content, or no end, or nobody who writes it.</summary>
internal static class OddFile
{
    /// <summary>One input in so many has one.</summary>
    public const int Rarity = 25;

    /// <summary>Puts one in the place of a file in a folder; nothing where there is no file.</summary>
    public static void Put(string folder, Random random)
    {
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        if (files.Length == 0) return;
        Array.Sort(files, StringComparer.Ordinal);
        var path = files[random.Next(files.Length)];
        File.Delete(path);
        switch (random.Next(OperatingSystem.IsWindows() ? 2 : 7))
        {
            case 0: break;
            case 1: Directory.CreateDirectory(path); break;
            case 2: File.CreateSymbolicLink(path, "/dev/zero"); break;
            case 3: File.CreateSymbolicLink(path, "/dev/null"); break;
            case 4: File.CreateSymbolicLink(path, "nowhere"); break;
            case 5: File.CreateSymbolicLink(path, path); break;
            default: _ = MakePipe(path, 0b110_100_100); break;
        }
    }

    [DllImport("libc", EntryPoint = "mkfifo")]
    private static extern int MakePipe([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
