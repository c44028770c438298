namespace Arow.Attacks;

/// <summary>One run of <see cref="Fab"/>: the active images, their current points and their nearest adversarial images.</summary>
/// <param name="rules">The rules of the algorithm or of the published code.</param>
/// <param name="norm">The norm of the distance.</param>
/// <param name="x">[N, C, H, W], the originals.</param>
/// <param name="y">[N], their classes.</param>
/// <param name="k">[N], the target classes; null for the nearest boundary at every step.</param>
/// <param name="start">[N, C, H, W].</param>
internal sealed class FabRun(FabRules rules, Norm norm, Tensor x, Tensor y, Tensor? k, Tensor start)
{
    /// <summary>The published α_max, η and β: the bias towards the original, the overshoot and the backward step.</summary>
    private const double AlphaMax = 0.1, Eta = 1.05, Beta = 0.9;

    /// <summary>The lower bound of a distance in the published code.</summary>
    private const double MinimumDistance = 1e-8;

    private Tensor activeRows = arange(x.shape[0], device: x.device), activeX = x.alias(), activeY = y.alias(), current = start.clone();
    private Tensor? activeTargets = k?.alias();

    /// <summary>[N, C, H, W]; the original where no adversarial image was found.</summary>
    public Tensor Nearest { get; } = x.clone();

    /// <summary>The distance of <see cref="Nearest"/>: [N], ∞ where no adversarial image was found.</summary>
    public Tensor Distance { get; } = full([x.shape[0]], double.PositiveInfinity, x.dtype, x.device);

    /// <summary>The number of active images.</summary>
    public long ActiveCount => activeRows.shape[0];

    /// <summary>
    /// Takes one step towards the boundary, from the current points and the originals at once, and a backward step where the
    /// result is adversarial.
    /// </summary>
    /// <param name="f">The classifier.</param>
    public void Step(Classifier f)
    {
        using var scope = NewDisposeScope();
        var boundary = rules.Scale(activeTargets is null ? FabBoundary.Nearest(f, current, activeY, norm)
            : FabBoundary.Towards(f, current, activeY, activeTargets));
        var (w, points) = (boundary.W.flatten(1), stack([current, activeX]).flatten(2));
        var b = (w * points[0]).sum(-1) - boundary.Gap;

        var vectors = rules.ShortestVectors(norm, points, w, b);
        var distances = VectorNorm.Compute(norm, vectors).clamp_min(MinimumDistance);
        var α = (distances[0] / distances.sum([0])).clamp_max(AlphaMax).unsqueeze(-1);
        var overshot = points + Eta * vectors;
        var next = (overshot[0] * (1 - α) + overshot[1] * α).clamp(0, 1).reshape(activeX.shape);

        var adversarial = f(next).argmax(1) != activeY;
        var distance = VectorNorm.Compute(norm, (next - activeX).flatten(1));
        var nearer = (adversarial & (distance < Distance.index_select(0, activeRows))).nonzero().flatten();
        var rows = activeRows.index_select(0, nearer);
        Distance.index_copy_(0, rows, distance.index_select(0, nearer));
        Nearest.index_copy_(0, rows, next.index_select(0, nearer));
        current.copy_(where(adversarial.reshape(-1, 1, 1, 1), activeX + (next - activeX) * Beta, next));
    }

    /// <summary>Drops the images with an adversarial image within <paramref name="radius"/>.</summary>
    public void DropWithin(double radius)
    {
        using var scope = NewDisposeScope();
        var far = Distance.index_select(0, activeRows) > radius;
        if (far.all().item<bool>()) return;
        var remaining = far.nonzero().flatten();
        (activeRows, activeX, activeY, current) = (Filter(activeRows), Filter(activeX), Filter(activeY), Filter(current));
        activeTargets = activeTargets is null ? null : Filter(activeTargets);

        Tensor Filter(Tensor old)
        {
            var filtered = old.index_select(0, remaining).MoveToOuterDisposeScope();
            old.Dispose();
            return filtered;
        }
    }
}
