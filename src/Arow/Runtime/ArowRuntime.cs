namespace Arow.Runtime;

/// <summary>
/// Configures this process for libtorch and loads it. By itself the library changes only one thing in a process, which is
/// always needed: numbers passed to libtorch are kept until no call reads them (<see cref="LibTorch.HoldsScalars"/>).
/// Compute-intensive applications call <see cref="Initialize"/> once, before they use TorchSharp. Without the call
/// everything works, with up to a fifth less speed in training, and much less beside another program that uses libtorch.
/// </summary>
/// <example>
/// <code>
/// using Arow;
///
/// ArowRuntime.Initialize(new RuntimeOptions { Threads = 2 });
/// </code>
/// </example>
public static class ArowRuntime
{
    private static readonly Lock Once = new();

    /// <summary>Whether <see cref="Initialize"/> was called in this process.</summary>
    public static bool IsInitialized { get; private set; }

    /// <summary>Applies the options and loads libtorch; later calls do nothing.</summary>
    /// <param name="options">The settings of this process; null for the defaults.</param>
    /// <exception cref="LibTorchException">libtorch is missing or cannot be loaded; the message is one sentence.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is not in [1, <see cref="LibTorch.MaximumThreads"/>].</exception>
    public static void Initialize(RuntimeOptions? options = null)
    {
        options ??= new RuntimeOptions();
        if (options.Threads is < 1 or > LibTorch.MaximumThreads) throw new ArgumentOutOfRangeException(nameof(options), options.Threads, "threads");
        lock (Once)
        {
            if (IsInitialized) return;
            if (options.ShortSpin) OpenMpSpin.ShortenSpin();
            if (options.RetainFreedMemory) MallocTuning.RetainFreedMemory();
            KernelSupport.IsEnabled &= options.Kernels;
            LibTorch.Load(options.LibTorchFolder);
            if (options.Threads is { } threads) set_num_threads(threads);
            IsInitialized = true;
            ArowEvents.Tell(() => $"processor: {ComputeEnvironment.Processor}, {Environment.ProcessorCount} cores");
            ArowEvents.Tell(() => $"instructions: {ComputeEnvironment.Instructions}");
            ArowEvents.Tell(() => KernelSupport.IsEnabled ? "kernels: Arow's where they are faster, libtorch's elsewhere"
                : $"kernels: libtorch's alone{(KernelSupport.IsSupported ? "" : "; the processor lacks the instructions of Arow's")}");
            ArowEvents.Tell(() => LibTorch.HoldsScalars ? "scalars: held until no call reads them"
                : "scalars: not held on this system; only one thread may allocate");
        }
    }
}
