namespace Arow.Models;

/// <summary>Process-wide settings of cuDNN and cuBLAS on an NVIDIA GPU. They have no effect on a CPU.</summary>
internal static class CudaMath
{
    /// <summary>
    /// Disables TF32. By default libtorch lets convolutions round float32 operands to ten bits of mantissa, so that checks "in
    /// float32" would not be in float32.
    /// </summary>
    public static void KeepFloat32(Device device)
    {
        if (device.type != DeviceType.CUDA) return;
        backends.cudnn.allow_tf32 = false;
        backends.cuda.matmul.allow_tf32 = false;
    }

    /// <summary>
    /// Configures cuDNN for training steps of one shape: either it searches for the fastest algorithm of each convolution, or,
    /// for bitwise repeatable runs, it uses only deterministic algorithms. Disposing the result restores the defaults.
    /// </summary>
    /// <param name="device">The device of the training.</param>
    /// <param name="repeatable">Whether runs must be bitwise repeatable.</param>
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
