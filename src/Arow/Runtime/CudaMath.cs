namespace Arow.Runtime;

/// <summary>Process-wide settings of cuDNN and cuBLAS on an NVIDIA GPU. They have no effect on a CPU.</summary>
internal static class CudaMath
{
    /// <summary>
    /// Disables TF32. By default libtorch lets convolutions round float32 operands to ten bits of mantissa, so that checks "in
    /// float32" would not be in float32.
    /// </summary>
    public static void DisableTf32(Device device)
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
    /// <param name="deterministic">Whether runs must be bitwise repeatable.</param>
    public static IDisposable? ConfigureTraining(Device device, bool deterministic) =>
        device.type == DeviceType.CUDA ? new TrainingSettings(deterministic) : null;

    private sealed class TrainingSettings : IDisposable
    {
        public TrainingSettings(bool deterministic) => Set(benchmark: !deterministic, deterministic);

        public void Dispose() => Set(benchmark: false, deterministic: false);

        private static void Set(bool benchmark, bool deterministic)
        {
            LibTorch.Set("_ZN2at7Context17setBenchmarkCuDNNEb", benchmark);
            LibTorch.Set("_ZN2at7Context21setDeterministicCuDNNEb", deterministic);
        }
    }
}
