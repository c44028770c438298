namespace Arow.Attacks;

/// <summary>
/// What attacks that look for the smallest perturbation have found: for each sample the nearest misclassified image, or,
/// where there is none yet, the latest that was tried. Samples are rows of the attacked batch throughout.
/// </summary>
internal sealed class Nearest
{
    private readonly ThreatModel _threat;
    private readonly Tensor _x, _images, _sizes;

    /// <summary>Begins with the images themselves, which are found already where they are misclassified.</summary>
    /// <param name="threat">Its norm measures, its ball is where an image has to lie in the end.</param>
    /// <param name="f">The classifier.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="y">[N].</param>
    public Nearest(ThreatModel threat, Classifier f, Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        (_threat, _x) = (threat, x);
        _images = x.clone().MoveToOuterDisposeScope();
        var standing = f(x).argmax(1) == y;
        _sizes = zeros(x.shape[0], ScalarType.Float64, x.device).masked_fill_(standing, double.PositiveInfinity)
            .MoveToOuterDisposeScope();
    }

    /// <summary>The rows, [M] int64 and rising, for which nothing has been found.</summary>
    public Tensor Standing()
    {
        using var scope = NewDisposeScope();
        return _sizes.isinf().nonzero().flatten().MoveToOuterDisposeScope();
    }

    /// <summary>Takes images that are nearer than those known, or the first for their sample.</summary>
    /// <param name="rows">[M], int64.</param>
    /// <param name="z">[M, C, H, W], in the box.</param>
    /// <param name="fooled">[M], whether they are misclassified.</param>
    /// <param name="size">[M], float64; null to measure in the norm of the threat model.</param>
    public void Offer(Tensor rows, Tensor z, Tensor fooled, Tensor? size = null)
    {
        using var scope = NewDisposeScope();
        var known = _sizes.index_select(0, rows);
        size ??= _threat.Distance(z, _x.index_select(0, rows));
        // A size that is no number compares false and is never taken.
        var better = size < known;
        var taken = better & (fooled | known.isinf());
        _sizes.index_copy_(0, rows, where(better & fooled, size, known));
        _images.index_copy_(0, rows, where(taken.reshape(-1, 1, 1, 1), z, _images.index_select(0, rows)));
    }

    /// <summary>The images of some rows.</summary>
    public Tensor Of(Tensor rows) => _images.index_select(0, rows);

    /// <summary>Takes images for what is known of these rows, whatever their size.</summary>
    public void Replace(Tensor rows, Tensor z)
    {
        using var scope = NewDisposeScope();
        _images.index_copy_(0, rows, z);
        _sizes.index_copy_(0, rows, _threat.Distance(z, _x.index_select(0, rows)));
    }

    /// <summary>Whether a misclassified image inside the ball is known for these rows: [M], bool.</summary>
    public Tensor Suffices(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var inside = _threat.Distance(Of(rows), _x.index_select(0, rows)) <= _threat.Epsilon;
        return (inside & _sizes.index_select(0, rows).isfinite()).MoveToOuterDisposeScope();
    }

    /// <summary>The images as they are where they lie in the ball, and the nearest in it where they do not.</summary>
    public Tensor InBall()
    {
        using var scope = NewDisposeScope();
        var inside = _threat.Distance(_images, _x) <= _threat.Epsilon;
        return where(inside.reshape(-1, 1, 1, 1), _images, _threat.Project(_images, _x)).MoveToOuterDisposeScope();
    }
}
