namespace Arow.Models;

/// <summary>
/// A convolution of grey images, whose gradient is taken by a loop of our own: oneDNN works on sixteen channels at a time, and for
/// the one of a grey image its gradient takes as long as layers with fifteen times the operations.
/// </summary>
/// <remarks>The kernels are constant and have no gradient; their stride is one.</remarks>
internal sealed unsafe class GreyConvolution : autograd.SingleTensorFunction<GreyConvolution>
{
    private const string Padding = "padding";

    /// <inheritdoc/>
    public override string Name => nameof(GreyConvolution);

    /// <summary>The convolution, differentiable by the images if they ask for it.</summary>
    /// <param name="images">[N, 1, H, W], float32.</param>
    /// <param name="kernels">[K, 1, h, w], in the precision of products.</param>
    /// <param name="padding">Rows and columns of zeros on each side.</param>
    /// <param name="convolve">The convolution itself, with these kernels: [N, K, rows, columns].</param>
    public static Tensor Of(Tensor images, Tensor kernels, long[] padding, Func<Tensor, Tensor> convolve) =>
        is_grad_enabled() && images.requires_grad && kernels.shape[0] * kernels.ElementSize % 64 == 0
            ? apply(images, kernels, padding, convolve)
            : convolve(images);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (images, kernels, padding, convolve) = ((Tensor)vars[0], (Tensor)vars[1], (long[])vars[2], (Func<Tensor, Tensor>)vars[3]);
        ctx.save_for_backward([kernels]);
        ctx.save_data(Padding, padding);
        return convolve(images);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var constant = no_grad();
        var (kernels, padding) = (ctx.get_saved_variables()[0], (long[])ctx.get_data(Padding));
        var gradient = kernels.dtype == ScalarType.BFloat16
            ? Gradient<BFloat16Vectors>(grad_output, kernels, padding)
            : Gradient<Float32Vectors>(grad_output, kernels, padding);
        return [gradient, null!, null!, null!];
    }

    /// <summary>[N, 1, H, W] in float32, of the gradient [N, K, rows, columns] of what the convolution gave.</summary>
    private static Tensor Gradient<T>(Tensor g, Tensor kernels, long[] padding) where T : struct, IVectors
    {
        using var scope = NewDisposeScope();
        var loop = new GreyGradient<T>((g.shape[2], g.shape[3], g.shape[1]), (kernels.shape[2], kernels.shape[3]), (padding[0], padding[1]));
        var dx = empty(g.shape[0], 1, loop.Image.Rows, loop.Image.Columns);
        var weights = T.Ordered(kernels.squeeze(1).flip(1, 2).permute(1, 2, 0).to(ScalarType.Float32)).contiguous();
        fixed (byte* w = weights.bytes) loop.Sum(g.shape[0], Pixels.Begin<byte>(ChannelsLast.Of(g)), (float*)w, Pixels.Begin<float>(dx));
        return dx.MoveToOuterDisposeScope();
    }
}
