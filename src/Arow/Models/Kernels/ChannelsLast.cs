namespace Arow.Models.Kernels;

/// <summary>Convolutions of images and kernels in channels-last memory order, the order of libtorch's fast convolutions.</summary>
internal static class ChannelsLast
{
    /// <summary>Returns the tensor [N, C, H, W] in channels-last order; copies only if it is in another order.</summary>
    /// <remarks>
    /// A tensor of one channel is in both orders at once, and libtorch decides by the strides: they must be those of channels
    /// last, or the results are in the other order.
    /// </remarks>
    public static Tensor Convert(Tensor x) => x.shape[1] == 1
        ? x.contiguous().squeeze(1).unsqueeze(3).permute(0, 3, 1, 2)
        : x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    /// <summary>Computes a convolution of images [N, C, H, W] with kernels [K, C / groups, h, w], all in channels-last order.</summary>
    /// <remarks>
    /// Kernels of one pixel are computed as a linear layer. In this order oneDNN's convolutions in libtorch 2.10 have errors as
    /// large as the result for such kernels (256 to 512 channels at stride 2, 128 to 512, 160 to 320), and with a thousand
    /// channels their gradients divide by zero. GPUs use other convolutions.
    /// </remarks>
    public static Tensor Convolve(Tensor x, Tensor weight, Tensor? bias, long[] stride, long[] padding, long groups = 1)
    {
        if (groups > 1 || !IsLinear(weight, padding) || x.device_type == DeviceType.CUDA)
            return F.conv2d(x, weight, bias, EffectiveStride(x, weight, stride, padding), padding, groups: groups);
        var pixels = x[.., .., TensorIndex.Slice(step: stride[0]), TensorIndex.Slice(step: stride[1])].permute(0, 2, 3, 1).contiguous();
        return F.linear(pixels, weight.flatten(1), bias).permute(0, 3, 1, 2);
    }

    /// <summary>Returns an equivalent stride that avoids an error of oneDNN: for images of one column, the column stride has no effect.</summary>
    /// <remarks>
    /// At stride 2 the bfloat16 weight gradients of oneDNN in libtorch 2.10 contain uninitialised memory in the kernel's outer
    /// columns, which only see padding.
    /// </remarks>
    public static long[] EffectiveStride(Tensor x, Tensor weight, long[] stride, long[] padding) =>
        x.shape[3] == 1 && weight.shape[3] == 2 * padding[1] + 1 ? [stride[0], 1] : stride;

    /// <summary>Whether each output pixel of a convolution depends on one input pixel.</summary>
    public static bool IsLinear(Tensor weight, long[] padding) => weight.shape[2] == 1 && weight.shape[3] == 1 && padding.All(p => p == 0);
}
