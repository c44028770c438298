using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Arow.Runtime;

namespace Arow.Models.Kernels;

/// <summary>Memory access for loops over the numbers of a tensor.</summary>
internal static unsafe class Pixels
{
    /// <summary>
    /// Returns a pointer to the first number of x, which must be contiguous; images [N, C, H, W] are channels last. The pointer
    /// is valid as long as x is.
    /// </summary>
    public static T* GetPointer<T>(Tensor x) where T : unmanaged =>
        (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference((x.dim() == 4 ? x[..1].permute(0, 2, 3, 1) : x[..1]).bytes));

    /// <summary>Allocates [N, C, H, W], channels last. The tensor is no view: later layers may overwrite it.</summary>
    public static Tensor Allocate(long n, long channels, long rows, long columns, ScalarType type) =>
        empty_strided([n, channels, rows, columns], [rows * columns * channels, 1, columns * channels, channels], type, device: CPU);

    /// <summary>
    /// Whether x is channels last, on the CPU, in float32 or bfloat16, and the channels of a pixel fill whole vectors of
    /// 64 bytes.
    /// </summary>
    public static bool CanVectorize(Tensor x)
    {
        if (!KernelSupport.IsEnabled || x.device_type != DeviceType.CPU || x.dtype is not (ScalarType.BFloat16 or ScalarType.Float32)) return false;
        if (x.shape[1] * x.ElementSize % 64 != 0) return false;
        using var pixels = x.permute(0, 2, 3, 1);
        return pixels.is_contiguous();
    }
}
