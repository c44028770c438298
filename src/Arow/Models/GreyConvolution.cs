namespace Arow.Models;

/// <summary>
/// A convolution of grey images, whose gradient is taken another way than libtorch's: the gradient that arrives times the kernels,
/// one product, and the sum of its planes, each shifted to where its weight looked. oneDNN works on sixteen channels at a time, and
/// for the one of a grey image its gradient takes as long as layers with fifteen times the operations.
/// </summary>
/// <remarks>The kernels are constant and have no gradient; their stride is one. For three channels it does not pay.</remarks>
internal sealed class GreyConvolution : autograd.SingleTensorFunction<GreyConvolution>
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
        is_grad_enabled() && images.requires_grad ? apply(images, kernels, padding, convolve) : convolve(images);

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
        return [Gradient(grad_output, ctx.get_saved_variables()[0], (long[])ctx.get_data(Padding)), null!, null!, null!];
    }

    /// <summary>[N, 1, H, W] in float32, of the gradient [N, K, rows, columns] of what the convolution gave.</summary>
    private static Tensor Gradient(Tensor g, Tensor kernels, long[] padding)
    {
        using var scope = NewDisposeScope();
        var (n, k, rows, columns) = (g.shape[0], g.shape[1], g.shape[2], g.shape[3]);
        var (height, width) = (kernels.shape[2], kernels.shape[3]);
        // A row for each weight of a kernel, summed over the kernels: [h w, N rows columns].
        var planes = kernels.flatten(1).t().mm(g.permute(0, 2, 3, 1).reshape(-1, k).t()).reshape(-1, n, rows, columns);

        var (paddedRows, paddedColumns) = (rows + height - 1, columns + width - 1);
        var sum = zeros(n, paddedRows, paddedColumns, device: g.device);
        for (var i = 0; i < height; i++)
        {
            for (var j = 0; j < width; j++) sum.narrow(1, i, rows).narrow(2, j, columns).add_(planes.select(0, i * width + j));
        }
        return sum.narrow(1, padding[0], paddedRows - 2 * padding[0]).narrow(2, padding[1], paddedColumns - 2 * padding[1])
            .unsqueeze(1).contiguous().MoveToOuterDisposeScope();
    }
}
