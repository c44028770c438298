namespace Arow.Attacks;

/// <summary>The gradient of a criterion with respect to the images, and what the same pass tells besides.</summary>
internal static class InputGradient
{
    /// <summary>
    /// [N, C, H, W], with each sample's own gradient: the criterion is summed over the batch. The gradients of the
    /// weights are neither computed nor touched.
    /// </summary>
    public static Tensor Of(Classifier f, Criterion criterion, Tensor x)
    {
        using var scope = NewDisposeScope();
        return Look(f, criterion, x).Gradient.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The logits [N, K], the criterion's values [N] and its gradient. A classifier that answers at random is looked at
    /// several times: the gradient is the mean, the rest the last look's.
    /// </summary>
    public static (Tensor Logits, Tensor Values, Tensor Gradient) Look(
        Classifier f, Criterion criterion, Tensor x, int looks = 1)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = x.detach().requires_grad_();
        for (var look = 1; ; look++)
        {
            using var pass = NewDisposeScope();
            var logits = f(leaf);
            var values = criterion(logits);
            values.sum().backward(inputs: [leaf]);
            if (look < looks) continue;

            return (Kept(logits), Kept(values), Kept(leaf.grad! / looks));
        }

        Tensor Kept(Tensor t) => t.detach().MoveToOuterDisposeScope().MoveToOuterDisposeScope();
    }
}
