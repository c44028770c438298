namespace Arow;

/// <summary>
/// A classifier that caches images and evaluates versions with a few changed pixels: it computes only what the change
/// affects. Logits are those of the <see cref="Classifier"/> up to the rounding of sums; there are no gradients.
/// </summary>
internal interface IIncrementalClassifier : IDisposable
{
    /// <summary>Returns a classifier's own incremental form, or one that evaluates in full each time.</summary>
    static IIncrementalClassifier Create(Classifier f) =>
        f.Target is IIncremental source ? source.CreateIncremental() : new NonIncrementalClassifier(f);

    /// <summary>Replaces the cached images, [N, C, H, W] with pixels in [0, 1].</summary>
    /// <returns>Their logits, [N, K].</returns>
    Tensor Fill(Tensor images);

    /// <summary>Evaluates changed versions of all cached images, in their order.</summary>
    /// <returns>Their logits, [N, K].</returns>
    Tensor Evaluate(Tensor images);

    /// <summary>Replaces some cached images by their last evaluated versions.</summary>
    /// <param name="rows">[M], int64.</param>
    void Accept(Tensor rows);

    /// <summary>Drops all but some cached images, which keep their order.</summary>
    /// <param name="rows">[M], int64, ascending.</param>
    void Retain(Tensor rows);
}

/// <summary>The target of a classifier delegate that has an incremental form.</summary>
internal interface IIncremental
{
    /// <summary>Creates the incremental form with an empty cache; the caller disposes it.</summary>
    IIncrementalClassifier CreateIncremental();
}

/// <summary>The incremental form of any classifier, without a cache.</summary>
internal sealed class NonIncrementalClassifier(Classifier f) : IIncrementalClassifier
{
    public Tensor Fill(Tensor images) => f(images);

    public Tensor Evaluate(Tensor images) => f(images);

    public void Accept(Tensor rows) { }

    public void Retain(Tensor rows) { }

    public void Dispose() { }
}
