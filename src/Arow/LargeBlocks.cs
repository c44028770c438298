using System.Runtime.InteropServices;

namespace Arow;

/// <summary>
/// Keeps the memory of tensors that are done for those to come. By default glibc gives large blocks back to the system at
/// once and gets them again page by page, each filled with zeros first: up to a fifth of a training step.
/// </summary>
internal static partial class LargeBlocks
{
    // The names and numbers of malloc.h.
    private const int TrimThreshold = -1, MmapThreshold = -3;
    private const int OneGigabyte = 1 << 30;

    /// <summary>Sees to it for this process, unless its environment says something else; nothing where the C library is another.</summary>
    public static void Keep()
    {
        if (Set("MALLOC_MMAP_THRESHOLD_") || Set("MALLOC_TRIM_THRESHOLD_")) return;
        Ask(() =>
        {
            _ = Option(MmapThreshold, OneGigabyte);
            _ = Option(TrimThreshold, OneGigabyte);
        });
        static bool Set(string variable) => Environment.GetEnvironmentVariable(variable) is not null;
    }

    /// <summary>Gives back what is kept: after a piece of work that had larger tensors than the next will have.</summary>
    public static void GiveBack() => Ask(() => _ = Trim(0));

    /// <summary>Not every C library is glibc.</summary>
    private static void Ask(Action calls)
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            calls();
        }
        catch (EntryPointNotFoundException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Option(int name, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
