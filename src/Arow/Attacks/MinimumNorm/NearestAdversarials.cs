namespace Arow.Attacks;

/// <summary>
/// The results of attacks that look for the smallest perturbation: for each sample the nearest misclassified image, or,
/// as long as there is none, the last candidate. Rows are indices into the attacked batch.
/// </summary>
internal sealed class NearestAdversarials
{
    private readonly ThreatModel threatModel;
    private readonly Tensor originals, images, distances;

    /// <summary>Starts with the originals; images that are misclassified without an attack need no search.</summary>
    /// <param name="threat">Its norm is the distance, its ball the constraint on the result.</param>
    /// <param name="f">The classifier.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="y">[N].</param>
    public NearestAdversarials(ThreatModel threat, Classifier f, Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        (threatModel, originals) = (threat, x);
        images = x.clone().MoveToOuterDisposeScope();
        var correct = f(x).argmax(1) == y;
        distances = zeros(x.shape[0], ScalarType.Float64, x.device).masked_fill_(correct, double.PositiveInfinity)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Returns the rows without a misclassified image, [M] int64, ascending.</summary>
    public Tensor PendingRows()
    {
        using var scope = NewDisposeScope();
        return distances.isinf().nonzero().flatten().MoveToOuterDisposeScope();
    }

    /// <summary>Records candidates that are nearer than the images known so far.</summary>
    /// <param name="rows">[M], int64.</param>
    /// <param name="z">[M, C, H, W], in the box.</param>
    /// <param name="misclassified">[M], whether they are misclassified.</param>
    /// <param name="distance">[M], float64; null for the distance in the norm of the threat model.</param>
    public void Update(Tensor rows, Tensor z, Tensor misclassified, Tensor? distance = null)
    {
        using var scope = NewDisposeScope();
        var known = distances.index_select(0, rows);
        distance ??= threatModel.Distance(z, originals.index_select(0, rows));
        // Comparisons with NaN are false, so a candidate of size NaN is never recorded.
        var better = distance < known;
        var replaced = better & (misclassified | known.isinf());
        distances.index_copy_(0, rows, where(better & misclassified, distance, known));
        images.index_copy_(0, rows, where(replaced.reshape(-1, 1, 1, 1), z, images.index_select(0, rows)));
    }

    /// <summary>Returns the images of some rows.</summary>
    public Tensor Select(Tensor rows) => images.index_select(0, rows);

    /// <summary>Replaces the images of some rows, whatever their distance.</summary>
    public void Replace(Tensor rows, Tensor z)
    {
        using var scope = NewDisposeScope();
        images.index_copy_(0, rows, z);
        distances.index_copy_(0, rows, threatModel.Distance(z, originals.index_select(0, rows)));
    }

    /// <summary>Returns whether a misclassified image inside the ball is known for these rows: [M], bool.</summary>
    public Tensor IsWithinEpsilon(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var inside = threatModel.Distance(Select(rows), originals.index_select(0, rows)) <= threatModel.Epsilon;
        return (inside & distances.index_select(0, rows).isfinite()).MoveToOuterDisposeScope();
    }

    /// <summary>Returns the images, projected onto the ball where they lie outside of it.</summary>
    public Tensor ProjectedOntoBall()
    {
        using var scope = NewDisposeScope();
        var inside = threatModel.Distance(images, originals) <= threatModel.Epsilon;
        return where(inside.reshape(-1, 1, 1, 1), images, threatModel.Project(images, originals)).MoveToOuterDisposeScope();
    }
}
