namespace Arow.Attacks;

/// <summary>One run of <see cref="Fab"/>: the active images, their current points and their nearest adversarial images.</summary>
/// <param name="rules">The rules of the algorithm or of the published code.</param>
/// <param name="norm">The norm of the distance.</param>
/// <param name="x">[N, C, H, W], the originals.</param>
/// <param name="y">[N], their classes.</param>
/// <param name="k">[N], the target classes; null for the nearest boundary at every step.</param>
/// <param name="start">[N, C, H, W].</param>
internal sealed class FabWalk(FabRules rules, Norm norm, Tensor x, Tensor y, Tensor? k, Tensor start)
{
    /// <summary>The published α_max, η and β: the bias towards the original, the overshoot and the backward step.</summary>
    private const double MaxPull = 0.1, Overshoot = 1.05, StepBack = 0.9;

    /// <summary>The lower bound of a distance in the published code.</summary>
    private const double ShortestWay = 1e-8;

    private Tensor _rows = arange(x.shape[0], device: x.device), _x = x.alias(), _y = y.alias(), _here = start.clone();
    private Tensor? _k = k?.alias();

    /// <summary>[N, C, H, W]; the original where no adversarial image was found.</summary>
    public Tensor Nearest { get; } = x.clone();

    /// <summary>The distance of <see cref="Nearest"/>: [N], ∞ where no adversarial image was found.</summary>
    public Tensor Distance { get; } = full([x.shape[0]], double.PositiveInfinity, x.dtype, x.device);

    /// <summary>The number of active images.</summary>
    public long Count => _rows.shape[0];

    /// <summary>
    /// Takes one step towards the boundary, from the current points and the originals at once, and a backward step where the
    /// result is adversarial.
    /// </summary>
    /// <param name="f">The classifier.</param>
    public void Step(Classifier f)
    {
        using var scope = NewDisposeScope();
        var boundary = rules.Scale(_k is null ? FabBoundary.Nearest(f, _here, _y, norm) : FabBoundary.Towards(f, _here, _y, _k));
        var (w, points) = (boundary.W.flatten(1), stack([_here, _x]).flatten(2));
        var b = (w * points[0]).sum(-1) - boundary.Gap;

        var ways = rules.Shortest(norm, points, w, b);
        var lengths = VectorLength.Of(norm, ways).clamp_min(ShortestWay);
        var pull = (lengths[0] / lengths.sum([0])).clamp_max(MaxPull).unsqueeze(-1);
        var ends = points + Overshoot * ways;
        var next = (ends[0] * (1 - pull) + ends[1] * pull).clamp(0, 1).reshape(_x.shape);

        var adversarial = f(next).argmax(1) != _y;
        var distance = VectorLength.Of(norm, (next - _x).flatten(1));
        var nearer = (adversarial & (distance < Distance.index_select(0, _rows))).nonzero().flatten();
        var rows = _rows.index_select(0, nearer);
        Distance.index_copy_(0, rows, distance.index_select(0, nearer));
        Nearest.index_copy_(0, rows, next.index_select(0, nearer));
        _here.copy_(where(adversarial.reshape(-1, 1, 1, 1), _x + (next - _x) * StepBack, next));
    }

    /// <summary>Drops the images with an adversarial image within <paramref name="radius"/>.</summary>
    public void Settle(double radius)
    {
        using var scope = NewDisposeScope();
        var far = Distance.index_select(0, _rows) > radius;
        if (far.all().item<bool>()) return;
        var staying = far.nonzero().flatten();
        (_rows, _x, _y, _here) = (Kept(_rows), Kept(_x), Kept(_y), Kept(_here));
        _k = _k is null ? null : Kept(_k);

        Tensor Kept(Tensor old)
        {
            var kept = old.index_select(0, staying).MoveToOuterDisposeScope();
            old.Dispose();
            return kept;
        }
    }
}
