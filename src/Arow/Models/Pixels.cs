using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Arow.Models;

/// <summary>What loops over the numbers of a tensor have in common.</summary>
internal static unsafe class Pixels
{
    /// <summary>Where the numbers of x begin, which lie without gaps, those of images [N, C, H, W] channels last; they are there as long as x is kept.</summary>
    public static T* Begin<T>(Tensor x) where T : unmanaged =>
        (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference((x.dim() == 4 ? x[..1].permute(0, 2, 3, 1) : x[..1]).bytes));

    /// <summary>Room for [N, C, H, W], channels last, and no view: what follows may work in place.</summary>
    public static Tensor Room(long n, long channels, long rows, long columns, ScalarType type) =>
        empty_strided([n, channels, rows, columns], [rows * columns * channels, 1, columns * channels, channels], type, device: CPU);

    /// <summary>Whether they lie so, on the CPU, in float32 or bfloat16, and the channels of a pixel fill whole vectors of 64 bytes.</summary>
    public static bool FillVectors(Tensor x)
    {
        if (!KernelSupport.IsEnabled || x.device_type != DeviceType.CPU || x.dtype is not (ScalarType.BFloat16 or ScalarType.Float32) || x.shape[1] * x.ElementSize % 64 != 0) return false;
        using var pixels = x.permute(0, 2, 3, 1);
        return pixels.is_contiguous();
    }
}
