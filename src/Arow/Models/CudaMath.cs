namespace Arow.Models;

/// <summary>How cuDNN and cuBLAS compute on an NVIDIA GPU, for the whole process. Nothing of it concerns a CPU.</summary>
internal static class CudaMath
{
    /// <summary>
    /// Keeps float32 what it is: by default libtorch lets convolutions round their operands to ten bits of fraction (TF32),
    /// and nothing would be "classified again in float32".
    /// </summary>
    public static void KeepFloat32(Device device)
    {
        if (device.type != DeviceType.CUDA) return;
        backends.cudnn.allow_tf32 = false;
        backends.cuda.matmul.allow_tf32 = false;
    }

    /// <summary>
    /// For steps that are all of one shape: the fastest algorithm is looked for once for each convolution; or, where runs are
    /// to have the same bits, only such are taken as always add up in the same order. Undone at the end.
    /// </summary>
    /// <param name="device">Where training runs.</param>
    /// <param name="repeatable">Whether bits matter more than speed.</param>
    public static IDisposable? Train(Device device, bool repeatable) =>
        device.type == DeviceType.CUDA ? new Choice(repeatable) : null;

    private sealed class Choice : IDisposable
    {
        public Choice(bool repeatable) => Set(search: !repeatable, repeatable);

        public void Dispose() => Set(search: false, repeatable: false);

        private static void Set(bool search, bool repeatable)
        {
            LibTorch.Set("_ZN2at7Context17setBenchmarkCuDNNEb", search);
            LibTorch.Set("_ZN2at7Context21setDeterministicCuDNNEb", repeatable);
        }
    }
}
