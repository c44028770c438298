using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Arow.Models;

/// <summary>What loops over the numbers of a tensor have in common.</summary>
internal static unsafe class Pixels
{
    /// <summary>Where the numbers of x [N, C, H, W] begin, which lie channels last and without gaps; they are there as long as x is kept.</summary>
    public static T* Begin<T>(Tensor x) where T : unmanaged =>
        (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(x[..1].permute(0, 2, 3, 1).bytes));

    /// <summary>Whether they lie so, on the CPU, in float32 or bfloat16, and the channels of a pixel fill whole vectors of 64 bytes.</summary>
    public static bool FillVectors(Tensor x) =>
        x.device_type == DeviceType.CPU && x.dtype is ScalarType.BFloat16 or ScalarType.Float32
        && x.shape[1] * x.ElementSize % 64 == 0 && x.permute(0, 2, 3, 1).is_contiguous();

    /// <summary>Calls for each of n images, on as many threads as libtorch has.</summary>
    public static void ForEachImage(long n, Action<long> work)
    {
        if (get_num_threads() > 1) Parallel.For(0, n, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, work);
        else for (var i = 0L; i < n; i++) work(i);
    }
}
