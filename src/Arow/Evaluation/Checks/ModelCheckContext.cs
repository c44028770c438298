using Arow.Attacks;
using Arow.Data;

namespace Arow.Evaluation.Checks;

/// <summary>Some images of an evaluation and the classifier, for checks before the attacks.</summary>
internal sealed class ModelCheckContext : IDisposable
{
    private const int MaximumImages = 64, MaximumCorrect = 24, Passes = 5;

    /// <summary>Logits of unit length that differ by more were computed differently: the published tool's threshold.</summary>
    public const double Tolerance = 1e-4;

    private readonly Lazy<IReadOnlyList<long>> varying;
    private readonly Lazy<bool> hasGradients;

    /// <param name="f">The classifier.</param>
    /// <param name="images">The images.</param>
    /// <param name="rows">The classifications of the images.</param>
    /// <param name="attacks">The attacks to run.</param>
    /// <param name="access">The access to the classifier.</param>
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

    /// <summary>Their indices in the whole set.</summary>
    public IReadOnlyList<long> Indices { get; }

    /// <summary>Images that are correctly classified without an attack; possibly none.</summary>
    public Tensor XCorrect { get; }

    /// <summary>Their classes.</summary>
    public Tensor YCorrect { get; }

    /// <summary>Their indices in the whole set.</summary>
    public IReadOnlyList<long> CorrectIndices { get; }

    /// <summary>The classifications of all images.</summary>
    public IReadOnlyList<SampleResult> Rows { get; }

    /// <summary>The attacks to run.</summary>
    public IReadOnlyList<IAttack> Attacks { get; }

    /// <summary>The access to the classifier.</summary>
    public Access Access { get; }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The number of classes.</summary>
    public int Classes => ClassNames.Count;

    /// <summary>Indices of the images whose logits differ between passes.</summary>
    public IReadOnlyList<long> Varying => varying.Value;

    /// <summary>Whether gradients flow from the logits to the pixels.</summary>
    public bool HasGradients => hasGradients.Value;

    /// <summary>
    /// The accuracy of a classifier that ignores the image: the share of the largest class, or 1 / K if the
    /// whole set has images of one class only, which says nothing about class frequencies.
    /// </summary>
    /// <param name="rows">At least one of <see cref="Rows"/>.</param>
    public double ChanceAccuracy(IReadOnlyCollection<SampleResult> rows) => Rows.DistinctBy(r => r.Label).Count() > 1
        ? (double)rows.CountBy(r => r.Label).Max(c => c.Value) / rows.Count
        : 1.0 / Classes;

    /// <summary>Returns the distance of two logits of the same images, scaled to unit length: [N].</summary>
    public static Tensor RelativeDistance(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return (Unit(a) - Unit(b)).square().sum(1).sqrt().MoveToOuterDisposeScope();

        static Tensor Unit(Tensor z) => z / (z.square().sum(1, keepdim: true).sqrt() + 1e-10);
    }

    /// <summary>Returns the indices whose flags, [N], are true.</summary>
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
        var rowTensor = tensor(which, device: images.Device);
        return (
            ImageSet.ToPixels(images.Gather(rowTensor)).DetachFromDisposeScope(),
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
