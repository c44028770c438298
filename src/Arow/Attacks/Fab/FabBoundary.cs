namespace Arow.Attacks;

/// <summary>
/// The decision boundary of the linearised classifier: the classes k and y are equally likely on the hyperplane
/// gap + ⟨w, d⟩ = 0 around each image, with gap = z_k − z_y and w its gradient.
/// </summary>
/// <param name="Gap">[N], negative where k is less likely.</param>
/// <param name="W">[N, C, H, W].</param>
internal sealed record FabBoundary(Tensor Gap, Tensor W)
{
    /// <summary>Keeps the distance finite where the gradient is zero.</summary>
    private const double Tiny = 1e-12;

    /// <summary>Computes the boundary between the true class and another.</summary>
    /// <param name="f">The classifier.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="y">[N], the true classes.</param>
    /// <param name="k">[N], the other classes.</param>
    public static FabBoundary Towards(Classifier f, Tensor x, Tensor y, Tensor k)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = x.detach().requires_grad_();
        var z = f(leaf);
        var gap = (z.gather(1, k.unsqueeze(1)) - z.gather(1, y.unsqueeze(1))).squeeze(1);
        gap.sum().backward(inputs: [leaf]);
        return new(gap.detach().MoveToOuterDisposeScope(), leaf.grad!.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Computes the nearest of the boundaries to all other classes, in the dual norm. The gradients of the classes are
    /// computed one after another from one forward pass, and only the nearest is kept: the Jacobian of a thousand classes
    /// is never in memory at once.
    /// </summary>
    /// <param name="f">The classifier.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="y">[N], the true classes.</param>
    /// <param name="norm">The norm of the distance.</param>
    public static FabBoundary Nearest(Classifier f, Tensor x, Tensor y, Norm norm)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = x.detach().requires_grad_();
        var z = f(leaf);
        var trueLogit = z.gather(1, y.unsqueeze(1));
        trueLogit.sum().backward(inputs: [leaf], retain_graph: true);
        var trueGradient = leaf.grad!.clone();

        var dual = VectorNorm.Dual(norm);
        var nearest = full_like(y, double.PositiveInfinity, z.dtype);
        var nearestGap = zeros_like(nearest);
        var nearestW = zeros_like(x);
        for (long k = 0; k < z.shape[1]; k++)
        {
            using var iteration = NewDisposeScope();
            leaf.grad!.zero_();
            z[.., (int)k].sum().backward(inputs: [leaf], retain_graph: k < z.shape[1] - 1);
            var (gap, w) = ((z[.., (int)k] - trueLogit.squeeze(1)).detach(), leaf.grad! - trueGradient);
            var distance = gap.abs() / (Tiny + VectorNorm.Compute(dual, w.flatten(1)));
            var nearer = (distance < nearest) & (y != k);
            nearest.copy_(where(nearer, distance, nearest));
            nearestGap.copy_(where(nearer, gap, nearestGap));
            nearestW.copy_(where(nearer.reshape(-1, 1, 1, 1), w, nearestW));
        }
        return new(nearestGap.MoveToOuterDisposeScope(), nearestW.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The same boundary with the logits scaled so that the largest gradient entry is 1. The result does not depend on the
    /// scale of the logits, which a defence may choose so that all gradients look negligible.
    /// </summary>
    public FabBoundary Scaled()
    {
        using var scope = NewDisposeScope();
        var largest = W.abs().amax([1, 2, 3], keepdim: true);
        var unit = where(largest > 0, largest, ones_like(largest));
        return new((Gap / unit.flatten()).MoveToOuterDisposeScope(), (W / unit).MoveToOuterDisposeScope());
    }
}
