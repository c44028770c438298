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
    public static long Now()
    {
        const string Peak = "VmHWM:", Unit = "kB";
        if (!OperatingSystem.IsLinux()) return 0;
        var line = File.ReadLines(Status).First(l => l.StartsWith(Peak, StringComparison.Ordinal));
        return 1024 * long.Parse(line[Peak.Length..^Unit.Length], CultureInfo.InvariantCulture);
    }
}
