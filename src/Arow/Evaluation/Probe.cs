using Arow.Attacks;
using Arow.Data;

namespace Arow.Evaluation;

/// <summary>A few of the images of an evaluation and the classifier, for checks before the attacks.</summary>
internal sealed class Probe : IDisposable
{
    private const int Most = 64, MostRight = 24, Passes = 5;

    /// <summary>Logits of unit length that differ by more have not been computed alike: the published tool's figure.</summary>
    public const double Tolerance = 1e-4;

    private readonly Lazy<IReadOnlyList<long>> varying;
    private readonly Lazy<bool> hasGradients;

    /// <param name="f">The classifier.</param>
    /// <param name="images">What is measured on.</param>
    /// <param name="rows">What the images are classified as.</param>
    /// <param name="attacks">What will be run.</param>
    /// <param name="access">How much of the classifier is seen.</param>
    public Probe(Classifier f, ImageSet images, IReadOnlyList<SampleResult> rows, IReadOnlyList<IAttack> attacks, Access access)
    {
        (F, Rows, Attacks, Access, Names) = (f, rows, attacks, access, images.Classes);
        (X, Y, Places) = Take(images, rows, [.. Enumerable.Range(0, Math.Min(Most, rows.Count))]);
        // Spread over the whole set, which may be sorted by class.
        var right = Enumerable.Range(0, rows.Count).Where(i => rows[i].Robust).ToList();
        var stride = Math.Max(1, right.Count / MostRight);
        (XRight, YRight, PlacesRight) = Take(images, rows, [.. right.Where((_, i) => i % stride == 0).Take(MostRight)]);
        varying = new(FindVarying);
        hasGradients = new(() => access == Access.Gradients && Reach.Of(f, X));
    }

    /// <summary>The classifier.</summary>
    public Classifier F { get; }

    /// <summary>[N, C, H, W], the first images.</summary>
    public Tensor X { get; }

    /// <summary>[N], their classes.</summary>
    public Tensor Y { get; }

    /// <summary>Their places in the whole set.</summary>
    public IReadOnlyList<long> Places { get; }

    /// <summary>Images that are rightly classified as they are; possibly none.</summary>
    public Tensor XRight { get; }

    /// <summary>Their classes.</summary>
    public Tensor YRight { get; }

    /// <summary>Their places in the whole set.</summary>
    public IReadOnlyList<long> PlacesRight { get; }

    /// <summary>What all images are classified as.</summary>
    public IReadOnlyList<SampleResult> Rows { get; }

    /// <summary>What will be run.</summary>
    public IReadOnlyList<IAttack> Attacks { get; }

    /// <summary>How much of the classifier is seen.</summary>
    public Access Access { get; }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How many classes there are.</summary>
    public int Classes => Names.Count;

    /// <summary>Places of the images whose logits differ from one pass to the next.</summary>
    public IReadOnlyList<long> Varying => varying.Value;

    /// <summary>Whether gradients find their way from the logits to the pixels.</summary>
    public bool HasGradients => hasGradients.Value;

    /// <summary>
    /// What a classifier gets right that knows nothing of the image: the share of the commonest class, or 1 / K where the
    /// whole set has images of one class only, which tells nothing of how common classes are.
    /// </summary>
    /// <param name="rows">At least one of <see cref="Rows"/>.</param>
    public double Chance(IReadOnlyCollection<SampleResult> rows) => Rows.DistinctBy(r => r.Label).Count() > 1
        ? (double)rows.CountBy(r => r.Label).Max(c => c.Value) / rows.Count
        : 1.0 / Classes;

    /// <summary>[N], by how much two logits of the same images differ once scaled to unit length.</summary>
    public static Tensor Gap(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return (Unit(a) - Unit(b)).square().sum(1).sqrt().MoveToOuterDisposeScope();

        static Tensor Unit(Tensor z) => z / (z.square().sum(1, keepdim: true).sqrt() + 1e-10);
    }

    /// <summary>Those of the places at which the flags, [N], are true.</summary>
    public static IReadOnlyList<long> At(IReadOnlyList<long> places, Tensor flags)
    {
        bool[] raised = [.. flags.cpu().data<bool>()];
        return [.. places.Where((_, i) => raised[i])];
    }

    public void Dispose()
    {
        foreach (var tensor in (Tensor[])[X, Y, XRight, YRight]) tensor.Dispose();
    }

    private static (Tensor, Tensor, IReadOnlyList<long>) Take(ImageSet images, IReadOnlyList<SampleResult> rows, long[] which)
    {
        using var scope = NewDisposeScope();
        var places = tensor(which, device: images.Images.device);
        return (
            ImageSet.Pixels(images.Images.index_select(0, places)).DetachFromDisposeScope(),
            images.Labels.index_select(0, places).DetachFromDisposeScope(),
            [.. which.Select(i => rows[(int)i].Index)]);
    }

    private IReadOnlyList<long> FindVarying()
    {
        using var scope = NewDisposeScope();
        var first = F(X);
        var varies = zeros_like(Y) > 0;
        for (var pass = 1; pass < Passes; pass++)
        {
            var again = F(X);
            varies |= (Gap(first, again) > Tolerance) | (first.argmax(1) != again.argmax(1));
        }
        return At(Places, varies);
    }
}
