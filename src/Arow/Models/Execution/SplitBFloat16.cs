using Arow.Models.Kernels;

namespace Arow.Models.Execution;

/// <summary>
/// Lossless images in bfloat16. Its eight bits of mantissa cannot distinguish neighbouring grey values of 256, let alone
/// steps of an attack. An image gets twice the channels, its bfloat16 value and the remainder, and the first kernel is
/// applied to both.
/// </summary>
internal static class SplitBFloat16
{
    /// <summary>Splits images [N, C, H, W] into [N, 2C, H, W]; the gradient flows through the second half.</summary>
    public static Tensor SplitImages(Tensor images)
    {
        var high = images.detach().to(ScalarType.BFloat16);
        return ChannelsLast.Convert(cat([high, (images - high).to(ScalarType.BFloat16)], 1));
    }

    /// <summary>Duplicates kernels [K, C, h, w] to [K, 2C, h, w].</summary>
    public static Tensor DuplicateKernel(Tensor weight) => cat([weight, weight], 1);
}
