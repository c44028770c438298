namespace Arow.Bench;

/// <summary>The gradient of grey images behind 3x3 kernels without padding, written once more.</summary>
internal sealed class WrittenPlanes : autograd.SingleTensorFunction<WrittenPlanes>
{
    public override string Name => nameof(WrittenPlanes);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_for_backward([(Tensor)vars[1]]);
        return ((Classifier)vars[2])((Tensor)vars[0]);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        var (n, k, rows, columns) = (grad_output.shape[0], grad_output.shape[1], grad_output.shape[2], grad_output.shape[3]);
        var byPixel = grad_output.permute(0, 2, 3, 1).contiguous().view(-1, k);
        var planes = ctx.get_saved_variables()[0].view(k, 9).t().mm(byPixel.t()).view(3, 3, n, 1, rows, columns);
        var sum = zeros(n, 1, rows + 2, columns + 2);
        for (var i = 0; i < 9; i++) sum.narrow(2, i / 3, rows).narrow(3, i % 3, columns).add_(planes[i / 3, i % 3]);
        return [sum.MoveToOuterDisposeScope(), null!, null!];
    }
}
