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

    /// <summary>Makes this process use the plain convolutions if a network has any that oneDNN gets wrong; says whether it has.</summary>
    /// <param name="tensors">The network's parameters and buffers; kernels are [K, C, h, w].</param>
    public static bool UseWhereNeeded(IEnumerable<Tensor> tensors)
    {
        var needed = AreNeeded(tensors);
        if (needed) AllowOneDnn(false);
        return needed;
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
}
