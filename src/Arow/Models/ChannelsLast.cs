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
        if (!IsLinear(weight, padding) || x.device_type == DeviceType.CUDA) return F.conv2d(x, weight, bias, stride, padding);
        var pixels = x[.., .., TensorIndex.Slice(step: stride[0]), TensorIndex.Slice(step: stride[1])].permute(0, 2, 3, 1).contiguous();
        return F.linear(pixels, weight.flatten(1), bias).permute(0, 3, 1, 2);
    }

    /// <summary>Whether a convolution looks at one pixel for each.</summary>
    public static bool IsLinear(Tensor weight, long[] padding) => weight.shape[2] == 1 && weight.shape[3] == 1 && padding.All(p => p == 0);
}
