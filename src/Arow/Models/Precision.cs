using System.Runtime.Intrinsics.X86;

namespace Arow.Models;

/// <summary>In what precision a network computes while it is trained and attacked. What is reported is always measured exactly.</summary>
public enum Precision
{
    /// <summary><see cref="Fast"/> where the processor has bfloat16 and the network is of the Catalog, else <see cref="Exact"/>.</summary>
    Auto,

    /// <summary>The modules as they are, in float32.</summary>
    Exact,

    /// <summary>Products in bfloat16, batch norm folded where weights stand still; weights and logits in float32.</summary>
    Fast,
}

internal static class Precisions
{
    /// <summary>CPUID leaf 7, subleaf 1: AVX512-BF16 in bit 5 of EAX; subleaf 0: AMX-BF16 in bit 22 of EDX.</summary>
    private static readonly bool ProcessorHasBFloat16 = X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7
        && ((X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0 || (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0);

    /// <summary>Whether a network computes in bfloat16.</summary>
    public static bool IsReduced(this Precision precision, Network network) => precision switch
    {
        Precision.Exact => false,
        Precision.Fast => true,
        _ => network.CanBeFrozen && (network.Device.type == DeviceType.CUDA || ProcessorHasBFloat16),
    };
}
