namespace Arow.Attacks;

/// <summary>Computes the gradient of a criterion with respect to the images, with logits and values of the same pass.</summary>
internal static class InputGradient
{
    /// <summary>
    /// Computes each sample's own gradient, [N, C, H, W]: the criterion is summed over the batch. The gradients of the
    /// weights are neither computed nor changed.
    /// </summary>
    public static Tensor Compute(Classifier f, Criterion criterion, Tensor x)
    {
        using var scope = NewDisposeScope();
        return Evaluate(f, criterion, x).Gradient.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Computes the logits [N, K], the criterion's values [N] and its gradient. For a random classifier the gradient is the
    /// mean over several EOT samples; logits and values are those of the last sample.
    /// </summary>
    public static (Tensor Logits, Tensor Values, Tensor Gradient) Evaluate(
        Classifier f, Criterion criterion, Tensor x, int eotSamples = 1)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = x.detach().requires_grad_();
        for (var sample = 1; ; sample++)
        {
            using var pass = NewDisposeScope();
            var logits = f(leaf);
            var values = criterion(logits);
            values.sum().backward(inputs: [leaf]);
            if (sample < eotSamples) continue;

            return (Detach(logits), Detach(values), Detach(leaf.grad! / eotSamples));
        }

        Tensor Detach(Tensor t) => t.detach().MoveToOuterDisposeScope().MoveToOuterDisposeScope();
    }
}
