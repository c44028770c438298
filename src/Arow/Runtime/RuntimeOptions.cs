namespace Arow.Runtime;

/// <summary>Process-wide settings of <see cref="ArowRuntime.Initialize"/>.</summary>
public sealed record RuntimeOptions
{
    /// <summary>The folder of libtorch, such as <c>torch/lib</c> of an installed PyTorch; null for the one beside the application.</summary>
    /// <value>By default the value of the environment variable <see cref="LibTorch.FolderVariable"/>.</value>
    public string? LibTorchFolder { get; init; } =
        Environment.GetEnvironmentVariable(LibTorch.FolderVariable) is { Length: > 0 } folder ? folder : null;

    /// <summary>
    /// Whether idle threads of libtorch sleep after microseconds instead of milliseconds (<c>GOMP_SPINCOUNT</c>, unless it or
    /// <c>OMP_WAIT_POLICY</c> is set): otherwise two programs on the same cores slow each other down. Linux only, and only
    /// before libtorch is loaded.
    /// </summary>
    /// <value>true by default.</value>
    public bool ShortSpin { get; init; } = true;

    /// <summary>
    /// Whether freed memory of large tensors stays in the process (thresholds of glibc's <c>malloc</c>, unless the environment
    /// sets them): up to a fifth of a training step. Linux only.
    /// </summary>
    /// <value>true by default.</value>
    public bool RetainFreedMemory { get; init; } = true;

    /// <summary>
    /// Whether Arow's own kernels compute the layers that they support (first layers of grey images, ReLU with pooling), if the
    /// processor has the instructions; otherwise libtorch computes all layers. Results differ in the last bits.
    /// </summary>
    /// <value>true by default.</value>
    public bool Kernels { get; init; } = true;

    /// <summary>Intra-op threads of libtorch; null for its default, the number of cores.</summary>
    public int? Threads { get; init; }
}
