using System.Runtime.InteropServices;

namespace Arow.Runtime;

/// <summary>
/// How libtorch's threads wait for work. By default they spin for milliseconds between two operations, which costs nothing
/// while the program has the cores to itself; two programs on the same cores then spend their time spinning. A short spin
/// keeps the speed of the first case and loses little in the second.
/// </summary>
internal static partial class OpenMpSpin
{
    /// <summary>
    /// Spin iterations: longer than most gaps between two operations, after which a sleeping thread would have to be woken. More
    /// gains one percent for a single program, and costs two programs side by side increasingly more.
    /// </summary>
    private const string SpinCount = "4000";

    /// <summary>Sets the spin count for this process unless the environment sets it. Must be called before libgomp is loaded.</summary>
    public static void ShortenSpin()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null) return;
        // .NET's environment is a copy that native code does not see.
        _ = SetVariable("GOMP_SPINCOUNT", SpinCount, overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
