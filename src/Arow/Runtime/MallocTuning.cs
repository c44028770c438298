using System.Runtime.InteropServices;

namespace Arow.Runtime;

/// <summary>
/// Keeps the freed memory of tensors in the process. By default glibc returns large blocks to the system at once and gets
/// new ones page by page, filled with zeros: up to a fifth of a training step.
/// </summary>
internal static partial class MallocTuning
{
    // Names and values of malloc.h.
    private const int TrimThreshold = -1, MmapThreshold = -3;
    private const int OneGigabyte = 1 << 30;

    /// <summary>Sets the thresholds for this process unless environment variables set them; does nothing with other C libraries.</summary>
    public static void RetainFreedMemory()
    {
        if (Set("MALLOC_MMAP_THRESHOLD_") || Set("MALLOC_TRIM_THRESHOLD_")) return;
        CallGlibc(() =>
        {
            _ = Option(MmapThreshold, OneGigabyte);
            _ = Option(TrimThreshold, OneGigabyte);
        });
        static bool Set(string variable) => Environment.GetEnvironmentVariable(variable) is not null;
    }

    /// <summary>Returns freed memory to the system, after work whose tensors were larger than those to come.</summary>
    public static void Trim() => CallGlibc(() => _ = MallocTrim(0));

    /// <summary>Calls functions of glibc; does nothing with other C libraries.</summary>
    private static void CallGlibc(Action calls)
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
    private static partial int MallocTrim(nuint pad);
}
