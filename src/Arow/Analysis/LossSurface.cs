using System.Diagnostics;
using Arow.Attacks;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>The loss around one image.</summary>
/// <param name="Index">The image's place in the whole split.</param>
/// <param name="Label">y.</param>
/// <param name="Loss">[along][across], cross-entropy in nats.</param>
/// <param name="Class">[along][across], the class predicted there.</param>
public sealed record ImageSurface(long Index, long Label, double[][] Loss, long[][] Class);

/// <summary>
/// Cross-entropy at clamp(x + a δ + b r, 0, 1) for a and b from −1 to 1: δ = x' − x is the attack's perturbation, r a random
/// perturbation of norm ε, drawn for each image. A smooth hill that is steep along δ and flat along r is what an
/// attack can climb; a rugged plain hints at gradients that lead nowhere.
/// </summary>
/// <param name="Places">The values of a, which are those of b: odd in number, so that x itself is among them.</param>
/// <param name="Images">The images looked at one by one.</param>
/// <param name="N">Images in the mean.</param>
/// <param name="Mean">[along][across], mean cross-entropy over the images of the mean.</param>
public sealed record LossSurface(IReadOnlyList<double> Places, IReadOnlyList<ImageSurface> Images, int N, double[][] Mean)
{
    /// <summary>Points on each axis unless said otherwise.</summary>
    public const int Side = 21;

    /// <summary>Computes it.</summary>
    /// <param name="runner">The classifier, the images of the mean, at least one, and how they are attacked.</param>
    /// <param name="shown">Which of them are kept one by one, by their places in the whole split.</param>
    /// <param name="attack">Gives δ.</param>
    /// <param name="seed">Of r.</param>
    /// <param name="side">Points on each axis, odd.</param>
    /// <param name="progressed">Told after every row of the grid.</param>
    /// <param name="stop">Asks for a stop, heeded the next time that the classifier is asked.</param>
    public static LossSurface Of(
        AttackRunner runner, IReadOnlyList<long> shown, IAttack attack, long seed, int side = Side,
        Action<AnalysisProgress>? progressed = null, CancellationToken stop = default)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        var images = runner.Load(runner.Positions);
        var (x, y, f) = (images.X, images.Y, runner.Observed(stop));
        var δ = AdversarialImages(runner, attack, x, stop) - x;
        var noise = Noise.Keyed(seed, images.Indices);
        var r = attack.Threat.Epsilon * attack.Threat.Uphill(x, noise.Stream("random direction").Normal(x));

        double[] places = [.. Enumerable.Range(0, side).Select(i => 2.0 * i / (side - 1) - 1)];
        var label = y.cpu().data<long>().ToArray();
        var which = shown.Select(s => runner.Indices.Index().First(i => i.Item == s).Index).ToList();
        var mean = Grid<double>(side);
        var each = which.Select(i => new ImageSurface(runner.Indices[i], label[i], Grid<double>(side), Grid<long>(side))).ToList();
        foreach (var (i, a) in places.Index())
        {
            foreach (var (j, b) in places.Index())
            {
                using var point = NewDisposeScope();
                var z = f((x + a * δ + b * r).clamp(0, 1));
                var loss = Losses.CrossEntropy(z, y).to(ScalarType.Float64).cpu().data<double>().ToArray();
                var predicted = z.argmax(1).cpu().data<long>().ToArray();
                mean[i][j] = loss.Average();
                foreach (var (image, k) in each.Zip(which)) (image.Loss[i][j], image.Class[i][j]) = (loss[k], predicted[k]);
            }
            progressed?.Invoke(new AnalysisProgress("loss surface", i + 1, side, clock.Elapsed));
        }
        return new LossSurface(places, each, label.Length, mean);
    }

    /// <summary>[N, C, H, W], the strongest that the attack found for each image.</summary>
    private static Tensor AdversarialImages(AttackRunner runner, IAttack attack, Tensor x, CancellationToken stop)
    {
        var xAdv = x.clone();
        foreach (var batch in runner.Attack(attack, runner.Positions, stop: stop))
        {
            foreach (var (i, k) in batch.Originals.Positions.Index().Where(image => batch.IsStrongest[image.Index])) xAdv[k].copy_(batch.XAdv[i]);
        }
        return xAdv;
    }

    private static T[][] Grid<T>(int side) => [.. Enumerable.Range(0, side).Select(_ => new T[side])];
}
