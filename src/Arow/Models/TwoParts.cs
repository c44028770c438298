namespace Arow.Models;

/// <summary>
/// Images in bfloat16 without loss. Its eight bits cannot tell neighbours of 256 grey values apart, let alone steps of an
/// attack: an image becomes twice the channels, what bfloat16 holds of it and what is left, and the first kernel
/// works on both.
/// </summary>
internal static class TwoParts
{
    /// <summary>[N, 2C, H, W] of images [N, C, H, W]; their gradient is that of the second half.</summary>
    public static Tensor Of(Tensor images)
    {
        var coarse = images.detach().to(ScalarType.BFloat16);
        return ChannelsLast.Of(cat([coarse, (images - coarse).to(ScalarType.BFloat16)], 1));
    }

    /// <summary>[K, 2C, h, w] of kernels [K, C, h, w].</summary>
    public static Tensor Kernel(Tensor weight) => cat([weight, weight], 1);
}
