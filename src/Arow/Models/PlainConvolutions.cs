namespace Arow.Models;

/// <summary>
/// Which convolutions libtorch may hand to oneDNN. The one in libtorch 2.10 computes wrong input gradients in float32, at
/// times NaN, where the channels do not fill its blocks of sixteen: it reads what lies beyond them. Images to attack then
/// go astray without a word. The plain convolutions are right, and slower.
/// </summary>
internal static class PlainConvolutions
{
    private const long Block = 16;
    private const long ManyChannels = 1024;

    private static readonly Lock Gate = new();
    private static int users;

    /// <summary>Makes this process use the plain convolutions, if a network has any that oneDNN gets wrong, until the last one that has is disposed of.</summary>
    /// <param name="tensors">The network's parameters and buffers; kernels are [K, C, h, w].</param>
    /// <returns>To be disposed of with the network; null where it has none.</returns>
    public static IDisposable? UseWhereNeeded(IEnumerable<Tensor> tensors) => AreNeeded(tensors) ? Use() : null;

    /// <summary>Makes this process use the plain convolutions until the last user is disposed of.</summary>
    public static IDisposable Use()
    {
        lock (Gate)
        {
            users++;
            AllowOneDnn(false);
        }
        return new User();
    }

    /// <summary>Whether there is any that oneDNN gets wrong.</summary>
    internal static bool AreNeeded(IEnumerable<Tensor> tensors) => tensors.Any(t => t.dim() == 4 && (LeavesBlocksUnfilled(t) || DividesByZero(t)));

    /// <summary>Kernels of one pixel and a thousand channels: their gradients kill the process, at least on an AVX-512 processor.</summary>
    public static bool DividesByZero(Tensor kernel) =>
        kernel.shape[2] == 1 && kernel.shape[3] == 1 && Math.Max(kernel.shape[0], kernel.shape[1]) >= ManyChannels;

    private static bool LeavesBlocksUnfilled(Tensor kernel) =>
        kernel.shape[0] % Block != 0 || (kernel.shape[1] >= Block && kernel.shape[1] % Block != 0);

    /// <summary>Whether libtorch may use oneDNN at all.</summary>
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
