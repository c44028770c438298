using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Arow.Runtime;

/// <summary>The switch of Arow's own kernels; without them libtorch computes the same layers.</summary>
internal static class KernelSupport
{
    /// <summary>
    /// Whether the processor has the instructions that the kernels were measured with: AVX-512, or AVX2 with fused
    /// multiply-add, where each of their vectors is two.
    /// </summary>
    public static bool IsSupported { get; } = Vector512.IsHardwareAccelerated || (Vector256.IsHardwareAccelerated && Fma.IsSupported);

    /// <summary>Whether they are used.</summary>
    /// <value><see cref="IsSupported"/> by default; see <see cref="RuntimeOptions.Kernels"/>.</value>
    public static bool IsEnabled { get; set; } = IsSupported;
}
