using System.Runtime.InteropServices;

namespace Arow.Checkpoints;

/// <summary>
/// TorchScript as it is written. From its second run on libtorch rewrites a graph for what it has seen, derivatives
/// included, so that results can depend on which batches have gone before. The switch,
/// <c>torch::jit::setGraphExecutorOptimize</c>, is a thread's own, exported by libtorch and not part of TorchSharp.
/// </summary>
internal static unsafe class GraphOptimizer
{
    private static readonly delegate* unmanaged<byte, void> Switch = Find();

    /// <summary>Turns rewriting off on this thread.</summary>
    public static void Off()
    {
        if (Switch != null) Switch(0);
    }

    private static delegate* unmanaged<byte, void> Find() =>
        OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, null, out var library)
        && NativeLibrary.TryGetExport(library, "_ZN5torch3jit24setGraphExecutorOptimizeEb", out var found)
            ? (delegate* unmanaged<byte, void>)found : null;
}
