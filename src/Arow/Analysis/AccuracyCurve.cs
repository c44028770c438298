using System.Diagnostics;
using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>One point of a curve.</summary>
/// <param name="At">Where, as it was written: 8/255, or 20 steps.</param>
/// <param name="Value">Where, as a number.</param>
/// <param name="N">Images.</param>
/// <param name="Right">How many of them are right there.</param>
/// <param name="Accuracy">The share, with Wilson's interval.</param>
public sealed record CurvePoint(string At, double Value, int N, int Right, Estimate Accuracy)
{
    internal static CurvePoint Of(string at, double value, int n, int right) => new(at, value, n, right, Estimate.Share(right, n));
}

/// <summary>Accuracy against the size of perturbations and against the steps of the attack.</summary>
/// <param name="f">The classifier, in evaluation mode.</param>
/// <param name="images">What to measure on; disposed by its owner.</param>
/// <param name="batchSize">Images at a time; no influence on the result.</param>
/// <param name="seed">Of the attacks.</param>
public sealed class AccuracyCurve(Classifier f, ImageSet images, int batchSize, long seed)
{
    /// <summary>Told after every batch.</summary>
    public Action<AnalysisProgress>? Progressed { get; init; }

    /// <summary>How progress calls the model.</summary>
    public string Stage { get; init; } = "";

    /// <summary>
    /// Accuracy at each ε, smallest first. An image that falls within some ε falls within every larger one, since the
    /// smaller ball lies in the larger: it is not attacked again, and the curve never rises.
    /// </summary>
    /// <param name="epsilons">Any order; 0 is the clean accuracy.</param>
    /// <param name="attack">Makes the attack for an ε.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that the classifier is asked.</param>
    public IReadOnlyList<CurvePoint> OverEpsilon(IEnumerable<Ratio> epsilons, Func<Ratio, IAttack> attack, CancellationToken stop = default)
    {
        var (points, standing) = (new List<CurvePoint>(), Right(stop));
        foreach (var epsilon in epsilons.DistinctBy(e => e.Value).OrderBy(e => e.Value))
        {
            if (epsilon.Value > 0) standing = Left(attack(epsilon), standing, $"{Stage}epsilon {epsilon}", stop);
            points.Add(CurvePoint.Of(epsilon.Text, epsilon.Value, images.Count, standing.Count));
        }
        return points;
    }

    /// <summary>
    /// Accuracy under attacks of so many steps, each on its own: more steps of an attack that gives back its last point may
    /// also undo what fewer have reached.
    /// </summary>
    /// <param name="steps">Any order; 0 is the clean accuracy.</param>
    /// <param name="attack">Makes the attack of so many steps, at least 1.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that the classifier is asked.</param>
    public IReadOnlyList<CurvePoint> OverSteps(IEnumerable<int> steps, Func<int, IAttack> attack, CancellationToken stop = default)
    {
        var right = Right(stop);
        return
        [
            .. steps.Distinct().Order().Select(count => CurvePoint.Of(
                $"{count}", count, images.Count,
                count == 0 ? right.Count : Left(attack(count), right, $"{Stage}steps {count}", stop).Count)),
        ];
    }

    /// <summary>The images that are right as they are.</summary>
    private List<long> Right(CancellationToken stop) => Kept([.. Enumerable.Range(0, images.Count).Select(i => (long)i)], $"{Stage}clean", (x, _, _) => x, stop);

    /// <summary>Those of some images that an attack leaves right.</summary>
    private List<long> Left(IAttack attack, List<long> tried, string stage, CancellationToken stop) => Kept(tried, stage, (x, y, samples) =>
    {
        var xAdv = attack.Perturb(Heeding(stop), x, y, Noise.Keyed(seed, samples).Stream(attack.Name));
        Remeasured.Norms(attack, x, xAdv, samples.cpu().data<long>().ToArray());
        return xAdv;
    }, stop);

    private List<long> Kept(List<long> tried, string stage, Func<Tensor, Tensor, Tensor, Tensor> change, CancellationToken stop)
    {
        using var frozen = no_grad();
        var clock = Stopwatch.StartNew();
        var kept = new List<long>();
        for (var first = 0; first < tried.Count; first += batchSize)
        {
            using var scope = NewDisposeScope();
            var batch = tried.GetRange(first, Math.Min(batchSize, tried.Count - first));
            var rows = tensor(batch.ToArray(), device: images.Images.device);
            var y = images.Labels.index_select(0, rows);
            var x = change(ImageSet.Pixels(images.Images.index_select(0, rows)), y, images.Indices.index_select(0, rows));
            var right = (Heeding(stop)(x).argmax(1) == y).cpu().data<bool>().ToArray();
            kept.AddRange(batch.Where((_, i) => right[i]));
            Progressed?.Invoke(new AnalysisProgress(stage, first + batch.Count, tried.Count, clock.Elapsed));
        }
        return kept;
    }

    private Classifier Heeding(CancellationToken stop) => x =>
    {
        stop.ThrowIfCancellationRequested();
        return f(x);
    };
}
