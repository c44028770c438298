using System.Runtime.InteropServices;

namespace Arow;

/// <summary>
/// How libtorch's threads wait for work. By default they spin for milliseconds between two operations, which costs
/// nothing as long as the program has the cores to itself; two programs beside each other then take each other's cores
/// for spinning and crawl. A short spin keeps the speed of the first case and loses little in the second.
/// </summary>
internal static partial class WaitingThreads
{
    /// <summary>
    /// Turns. They last longer than most gaps between two operations, in which a thread that slept would have to be woken; more win a
    /// hundredth alone, and what two programs beside each other lose grows with them.
    /// </summary>
    private const string Spins = "4000";

    /// <summary>Sees to it for this process, unless its environment says something else. Before libgomp is loaded.</summary>
    public static void SpinBriefly()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null) return;
        // .NET's own environment is a copy that native code does not see.
        _ = SetVariable("GOMP_SPINCOUNT", Spins, overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
