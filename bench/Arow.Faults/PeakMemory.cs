using System.Globalization;

namespace Arow.Faults;

/// <summary>The most memory that this process has held, as Linux counts it; zero elsewhere.</summary>
internal static class PeakMemory
{
    private const string Status = "/proc/self/status", Forget = "/proc/self/clear_refs";

    /// <summary>Begins anew with what it holds now, in bytes.</summary>
    public static long Reset()
    {
        const string PeakAlone = "5";
        if (!OperatingSystem.IsLinux()) return 0;
        File.WriteAllText(Forget, PeakAlone);
        return Now();
    }

    /// <summary>In bytes, since it was reset.</summary>
    public static long Now() => OperatingSystem.IsLinux() ? In(Status) : 0;

    /// <summary>Of another process, in bytes; zero where it is gone.</summary>
    public static long Of(int process)
    {
        try
        {
            return OperatingSystem.IsLinux() ? In($"/proc/{process}/status") : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static long In(string status)
    {
        const string Peak = "VmHWM:", Unit = "kB";
        // A process that has ended has no memory, and no such line.
        return File.ReadLines(status).FirstOrDefault(l => l.StartsWith(Peak, StringComparison.Ordinal)) is { } line
            ? 1024 * long.Parse(line[Peak.Length..^Unit.Length], CultureInfo.InvariantCulture) : 0;
    }
}
