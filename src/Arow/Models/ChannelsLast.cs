namespace Arow.Models;

/// <summary>
/// Convolutions of images and kernels whose numbers lie in the order that libtorch's fast ones take: the channels of a pixel
/// side by side.
/// </summary>
internal static class ChannelsLast
{
    /// <summary>The same tensor [N, C, H, W] in that order; a copy only where it is not.</summary>
    /// <remarks>
    /// One channel is in both orders at once, and libtorch goes by the strides: they must be those of this order, or what it
    /// computes from it is in the other.
    /// </remarks>
    public static Tensor Of(Tensor x) => x.shape[1] == 1
        ? x.contiguous().squeeze(1).unsqueeze(3).permute(0, 3, 1, 2)
        : x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    /// <summary>A convolution [N, C, H, W] with kernels [K, C, h, w], all in that order.</summary>
    /// <remarks>
    /// Kernels of one pixel are a linear layer, and are computed as such. The convolutions of libtorch 2.10's oneDNN with them
    /// are off by as much as the result in this order (256 to 512 channels at stride 2, 128 to 512, 160 to 320), and where
    /// there are a thousand channels their gradients divide by zero. A GPU has other convolutions.
    /// </remarks>
    public static Tensor Convolve(Tensor x, Tensor weight, Tensor? bias, long[] stride, long[] padding)
    {
        if (!IsLinear(weight, padding) || x.device_type == DeviceType.CUDA) return F.conv2d(x, weight, bias, Steps(x, weight, stride, padding), padding);
        var pixels = x[.., .., TensorIndex.Slice(step: stride[0]), TensorIndex.Slice(step: stride[1])].permute(0, 2, 3, 1).contiguous();
        return F.linear(pixels, weight.flatten(1), bias).permute(0, 3, 1, 2);
    }

    /// <summary>The stride to compute with: of images of one column one column comes out, whatever it is.</summary>
    /// <remarks>
    /// At stride 2 the weights' gradients that libtorch 2.10's oneDNN gives in bfloat16 hold whatever lay in memory in the places of the
    /// kernel's outer columns, which see nothing but the padding.
    /// </remarks>
    public static long[] Steps(Tensor x, Tensor weight, long[] stride, long[] padding) =>
        x.shape[3] == 1 && weight.shape[3] == 2 * padding[1] + 1 ? [stride[0], 1] : stride;

    /// <summary>Whether a convolution looks at one pixel for each.</summary>
    public static bool IsLinear(Tensor weight, long[] padding) => weight.shape[2] == 1 && weight.shape[3] == 1 && padding.All(p => p == 0);
}
