namespace Arow.Attacks;

/// <summary>
/// The results of attacks that look for the smallest perturbation: for each sample the nearest misclassified image, or,
/// as long as there is none, the last candidate. Rows are indices into the attacked batch.
/// </summary>
internal sealed class Nearest
{
    private readonly ThreatModel _threat;
    private readonly Tensor _x, _images, _sizes;

    /// <summary>Starts with the originals; images that are misclassified without an attack need no search.</summary>
    /// <param name="threat">Its norm is the distance, its ball the constraint on the result.</param>
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

    /// <summary>Returns the rows without a misclassified image, [M] int64, ascending.</summary>
    public Tensor Standing()
    {
        using var scope = NewDisposeScope();
        return _sizes.isinf().nonzero().flatten().MoveToOuterDisposeScope();
    }

    /// <summary>Records candidates that are nearer than the images known so far.</summary>
    /// <param name="rows">[M], int64.</param>
    /// <param name="z">[M, C, H, W], in the box.</param>
    /// <param name="fooled">[M], whether they are misclassified.</param>
    /// <param name="size">[M], float64; null for the distance in the norm of the threat model.</param>
    public void Offer(Tensor rows, Tensor z, Tensor fooled, Tensor? size = null)
    {
        using var scope = NewDisposeScope();
        var known = _sizes.index_select(0, rows);
        size ??= _threat.Distance(z, _x.index_select(0, rows));
        // Comparisons with NaN are false, so a candidate of size NaN is never recorded.
        var better = size < known;
        var taken = better & (fooled | known.isinf());
        _sizes.index_copy_(0, rows, where(better & fooled, size, known));
        _images.index_copy_(0, rows, where(taken.reshape(-1, 1, 1, 1), z, _images.index_select(0, rows)));
    }

    /// <summary>Returns the images of some rows.</summary>
    public Tensor Of(Tensor rows) => _images.index_select(0, rows);

    /// <summary>Replaces the images of some rows, whatever their distance.</summary>
    public void Replace(Tensor rows, Tensor z)
    {
        using var scope = NewDisposeScope();
        _images.index_copy_(0, rows, z);
        _sizes.index_copy_(0, rows, _threat.Distance(z, _x.index_select(0, rows)));
    }

    /// <summary>Returns whether a misclassified image inside the ball is known for these rows: [M], bool.</summary>
    public Tensor Suffices(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var inside = _threat.Distance(Of(rows), _x.index_select(0, rows)) <= _threat.Epsilon;
        return (inside & _sizes.index_select(0, rows).isfinite()).MoveToOuterDisposeScope();
    }

    /// <summary>Returns the images, projected onto the ball where they lie outside of it.</summary>
    public Tensor InBall()
    {
        using var scope = NewDisposeScope();
        var inside = _threat.Distance(_images, _x) <= _threat.Epsilon;
        return where(inside.reshape(-1, 1, 1, 1), _images, _threat.Project(_images, _x)).MoveToOuterDisposeScope();
    }
}
