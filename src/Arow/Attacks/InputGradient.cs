namespace Arow.Attacks;

/// <summary>The gradient of a criterion with respect to the images, and nothing else.</summary>
internal static class InputGradient
{
    /// <summary>
    /// [N, C, H, W], with each sample's own gradient: the criterion is summed over the batch. The gradients of the
    /// weights are neither computed nor touched.
    /// </summary>
    public static Tensor Of(Classifier f, Criterion criterion, Tensor x)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = x.detach().requires_grad_();
        criterion(f(leaf)).sum().backward(inputs: [leaf]);
        return leaf.grad!.MoveToOuterDisposeScope();
    }
}
