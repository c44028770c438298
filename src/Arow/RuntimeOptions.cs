namespace Arow;

/// <summary>What <see cref="ArowRuntime.Initialize"/> changes in a process.</summary>
public sealed record RuntimeOptions
{
    /// <summary>The folder of the libtorch to load, such as <c>torch/lib</c> of an installed PyTorch; null for the one beside the application.</summary>
    /// <value>That of the environment variable <see cref="LibTorch.FolderVariable"/>, by default.</value>
    public string? LibTorchFolder { get; init; } = Environment.GetEnvironmentVariable(LibTorch.FolderVariable) is { Length: > 0 } folder ? folder : null;

    /// <summary>
    /// Whether idle threads of libtorch go to sleep after microseconds and not milliseconds (<c>GOMP_SPINCOUNT</c>, unless <c>OMP_WAIT_POLICY</c> or it is set):
    /// two programs on the same cores otherwise take them from each other. Linux only, and only before libtorch is loaded.
    /// </summary>
    /// <value>true by default.</value>
    public bool ShortSpin { get; init; } = true;

    /// <summary>
    /// Whether freed memory of large tensors stays with the process (thresholds of glibc's <c>malloc</c>, unless the environment sets them): up to a fifth of a
    /// training step. Linux only.
    /// </summary>
    /// <value>true by default.</value>
    public bool RetainFreedMemory { get; init; } = true;

    /// <summary>
    /// Whether layers that Arow has kernels of its own for are computed by these (first layers of grey images, ReLU with pooling), where the processor has the
    /// instructions; else libtorch computes all. Results of the two differ in the last bits.
    /// </summary>
    /// <value>true by default.</value>
    public bool Kernels { get; init; } = true;

    /// <summary>Threads that libtorch divides an operation among; null leaves its own choice, the number of cores.</summary>
    public int? Threads { get; init; }
}
