using System.Runtime.InteropServices;
using Arow.Runtime;

namespace Arow.Bench;

/// <summary>What the figures were taken on.</summary>
internal static class Machine
{
    /// <summary>
    /// Whether the processor multiplies in bfloat16, asked without the library: that it fails to notice is a thing to notice.
    /// </summary>
    public static bool HasBFloat16 =>
        Line("flags")?.Split(' ').Intersect(["avx512_bf16", "amx_bf16"]).Any() ?? false;

    /// <summary>The fastest type of products.</summary>
    public static ScalarType Products => HasBFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>What a step can do to be fast here.</summary>
    public static Means Means => HasBFloat16 ? Means.All : Means.Single;

    public static string Description =>
        $"{Line("model name") ?? RuntimeInformation.ProcessArchitecture.ToString()}, {get_num_threads()} threads, "
        + $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, libtorch {LibTorch.Version}";

    private static string? Line(string name) => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?.Split(':')[1].Trim()
        : null;
}
