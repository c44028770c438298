namespace Arow.Runtime;

/// <summary>
/// Disables oneDNN for networks that it computes incorrectly. In libtorch 2.10 its float32 input gradients are wrong,
/// sometimes NaN, where the number of channels is not a multiple of its blocks of sixteen: it reads beyond them. Attacks
/// would then fail without a message. libtorch's plain convolutions are correct, and slower.
/// </summary>
internal static class OneDnnWorkaround
{
    private const long Block = 16;
    private const long ManyChannels = 1024;

    private static readonly Lock Gate = new();
    private static int users;

    /// <summary>
    /// Disables oneDNN in this process if a network has kernels that oneDNN computes incorrectly, until the last such network
    /// is disposed.
    /// </summary>
    /// <param name="tensors">The network's parameters and buffers; kernels are [K, C, h, w].</param>
    /// <returns>An object to dispose with the network; null if oneDNN is correct for it.</returns>
    public static IDisposable? DisableIfAffected(IEnumerable<Tensor> tensors) => IsAffected(tensors) ? Disable() : null;

    /// <summary>Disables oneDNN in this process until the last user is disposed.</summary>
    public static IDisposable Disable()
    {
        lock (Gate)
        {
            if (users++ == 0) ArowEvents.Tell(() => "oneDNN: off, its gradients would be wrong for this network");
            AllowOneDnn(false);
        }
        return new User();
    }

    /// <summary>Whether oneDNN computes any of the kernels incorrectly.</summary>
    internal static bool IsAffected(IEnumerable<Tensor> tensors) => tensors.Any(t => t.dim() == 4 && (LeavesBlocksUnfilled(t) || DividesByZero(t)));

    /// <summary>Kernels of one pixel and a thousand channels: their gradients crash the process, at least on an AVX-512 processor.</summary>
    public static bool DividesByZero(Tensor kernel) =>
        kernel.shape[2] == 1 && kernel.shape[3] == 1 && Math.Max(kernel.shape[0], kernel.shape[1]) >= ManyChannels;

    private static bool LeavesBlocksUnfilled(Tensor kernel) =>
        kernel.shape[0] % Block != 0 || (kernel.shape[1] >= Block && kernel.shape[1] % Block != 0);

    /// <summary>Sets whether libtorch may use oneDNN.</summary>
    internal static void AllowOneDnn(bool allowed) => LibTorch.Set("_ZN2at7Context20setUserEnabledMkldnnEb", allowed);

    private sealed class User : IDisposable
    {
        private bool done;

        public void Dispose()
        {
            lock (Gate)
            {
                if (done) return;
                done = true;
                if (--users == 0) AllowOneDnn(true);
            }
        }
    }
}
