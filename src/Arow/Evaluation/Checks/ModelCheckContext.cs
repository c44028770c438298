using Arow.Attacks;
using Arow.Data;

namespace Arow.Evaluation.Checks;

/// <summary>A few of the images of an evaluation and the classifier, for checks before the attacks.</summary>
internal sealed class ModelCheckContext : IDisposable
{
    private const int MaximumImages = 64, MaximumCorrect = 24, Passes = 5;

    /// <summary>Logits of unit length that differ by more have not been computed alike: the published tool's figure.</summary>
    public const double Tolerance = 1e-4;

    private readonly Lazy<IReadOnlyList<long>> varying;
    private readonly Lazy<bool> hasGradients;

    /// <param name="f">The classifier.</param>
    /// <param name="images">What is measured on.</param>
    /// <param name="rows">What the images are classified as.</param>
    /// <param name="attacks">What will be run.</param>
    /// <param name="access">How much of the classifier is seen.</param>
    public ModelCheckContext(Classifier f, ImageSet images, IReadOnlyList<SampleResult> rows, IReadOnlyList<IAttack> attacks, Access access)
    {
        (F, Rows, Attacks, Access, ClassNames) = (f, rows, attacks, access, images.Classes);
        (X, Y, Indices) = LoadImages(images, rows, [.. Enumerable.Range(0, Math.Min(MaximumImages, rows.Count))]);
        // Spread over the whole set, which may be sorted by class.
        var correct = Enumerable.Range(0, rows.Count).Where(i => rows[i].Robust).ToList();
        var stride = Math.Max(1, correct.Count / MaximumCorrect);
        (XCorrect, YCorrect, CorrectIndices) = LoadImages(images, rows, [.. correct.Where((_, i) => i % stride == 0).Take(MaximumCorrect)]);
        varying = new(FindVarying);
        hasGradients = new(() => access == Access.Gradients && GradientCheck.HasGradient(f, X));
    }

    /// <summary>The classifier.</summary>
    public Classifier F { get; }

    /// <summary>[N, C, H, W], the first images.</summary>
    public Tensor X { get; }

    /// <summary>[N], their classes.</summary>
    public Tensor Y { get; }

    /// <summary>Their places in the whole set.</summary>
    public IReadOnlyList<long> Indices { get; }

    /// <summary>Images that are rightly classified as they are; possibly none.</summary>
    public Tensor XCorrect { get; }

    /// <summary>Their classes.</summary>
    public Tensor YCorrect { get; }

    /// <summary>Their places in the whole set.</summary>
    public IReadOnlyList<long> CorrectIndices { get; }

    /// <summary>What all images are classified as.</summary>
    public IReadOnlyList<SampleResult> Rows { get; }

    /// <summary>What will be run.</summary>
    public IReadOnlyList<IAttack> Attacks { get; }

    /// <summary>How much of the classifier is seen.</summary>
    public Access Access { get; }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>How many classes there are.</summary>
    public int Classes => ClassNames.Count;

    /// <summary>Places of the images whose logits differ from one pass to the next.</summary>
    public IReadOnlyList<long> Varying => varying.Value;

    /// <summary>Whether gradients find their way from the logits to the pixels.</summary>
    public bool HasGradients => hasGradients.Value;

    /// <summary>
    /// What a classifier gets right that knows nothing of the image: the share of the commonest class, or 1 / K where the
    /// whole set has images of one class only, which tells nothing of how common classes are.
    /// </summary>
    /// <param name="rows">At least one of <see cref="Rows"/>.</param>
    public double ChanceAccuracy(IReadOnlyCollection<SampleResult> rows) => Rows.DistinctBy(r => r.Label).Count() > 1
        ? (double)rows.CountBy(r => r.Label).Max(c => c.Value) / rows.Count
        : 1.0 / Classes;

    /// <summary>[N], by how much two logits of the same images differ once scaled to unit length.</summary>
    public static Tensor RelativeDistance(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return (Unit(a) - Unit(b)).square().sum(1).sqrt().MoveToOuterDisposeScope();

        static Tensor Unit(Tensor z) => z / (z.square().sum(1, keepdim: true).sqrt() + 1e-10);
    }

    /// <summary>Those of the places at which the flags, [N], are true.</summary>
    public static IReadOnlyList<long> SelectFlagged(IReadOnlyList<long> indices, Tensor flags)
    {
        bool[] raised = [.. flags.cpu().data<bool>()];
        return [.. indices.Where((_, i) => raised[i])];
    }

    public void Dispose()
    {
        foreach (var tensor in (Tensor[])[X, Y, XCorrect, YCorrect]) tensor.Dispose();
    }

    private static (Tensor, Tensor, IReadOnlyList<long>) LoadImages(ImageSet images, IReadOnlyList<SampleResult> rows, long[] which)
    {
        using var scope = NewDisposeScope();
        var rowTensor = tensor(which, device: images.Images.device);
        return (
            ImageSet.ToPixels(images.Images.index_select(0, rowTensor)).DetachFromDisposeScope(),
            images.Labels.index_select(0, rowTensor).DetachFromDisposeScope(),
            [.. which.Select(i => rows[(int)i].Index)]);
    }

    private IReadOnlyList<long> FindVarying()
    {
        using var scope = NewDisposeScope();
        var first = F(X);
        var varies = zeros_like(Y) > 0;
        for (var pass = 1; pass < Passes; pass++)
        {
            var repeated = F(X);
            varies |= (RelativeDistance(first, repeated) > Tolerance) | (first.argmax(1) != repeated.argmax(1));
        }
        return SelectFlagged(Indices, varies);
    }
}
