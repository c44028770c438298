namespace Arow;

/// <summary>
/// A classifier that remembers images and is asked what it makes of them with a few pixels changed: what no change can
/// reach need not be computed again. Logits are those of the <see cref="Classifier"/> up to the rounding of sums; there
/// are no gradients.
/// </summary>
internal interface IIncrementalClassifier : IDisposable
{
    /// <summary>A classifier's own form of the kind, or one that computes all each time.</summary>
    static IIncrementalClassifier Of(Classifier f) => f.Target is IIncremental source ? source.Incremental() : new FromTheBeginning(f);

    /// <summary>Remembers images, [N, C, H, W] with pixels in [0, 1], in place of all before.</summary>
    /// <returns>Their logits, [N, K].</returns>
    Tensor Begin(Tensor images);

    /// <summary>Looks at changed forms of all images remembered, in their order.</summary>
    /// <returns>Their logits, [N, K].</returns>
    Tensor Try(Tensor images);

    /// <summary>Remembers some images as they were tried last.</summary>
    /// <param name="rows">[M], int64.</param>
    void Take(Tensor rows);

    /// <summary>Forgets all but some images, which keep their order.</summary>
    /// <param name="rows">[M], int64 and rising.</param>
    void Keep(Tensor rows);
}

/// <summary>What a classifier's delegate is bound to where it has such a form.</summary>
internal interface IIncremental
{
    /// <summary>A form that remembers nothing yet; the caller disposes it.</summary>
    IIncrementalClassifier Incremental();
}

/// <summary>Any classifier in that form, remembering nothing.</summary>
internal sealed class FromTheBeginning(Classifier f) : IIncrementalClassifier
{
    public Tensor Begin(Tensor images) => f(images);

    public Tensor Try(Tensor images) => f(images);

    public void Take(Tensor rows) { }

    public void Keep(Tensor rows) { }

    public void Dispose() { }
}
