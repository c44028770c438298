using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Arow.Attacks;
using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>The loss around one image.</summary>
/// <param name="Index">The index of the image in the split.</param>
/// <param name="Label">y.</param>
/// <param name="Loss">[along attack][along random], cross-entropy in nats.</param>
/// <param name="Class">[along attack][along random], the prediction.</param>
internal sealed record ImageSurface(long Index, long Label, double[][] Loss, long[][] Class);

/// <summary>
/// Cross-entropy at clamp(x + a δ + b r, 0, 1) for a and b from −1 to 1: δ = x' − x is the attack's perturbation, r a random
/// perturbation of norm ε for each image. A gradient attack works on a smooth surface that is steep along δ and flat along
/// r; a rugged plateau suggests useless gradients.
/// </summary>
/// <param name="Coordinates">The values of a and of b: an odd number, so that x itself is included.</param>
/// <param name="Images">The surfaces of individual images.</param>
/// <param name="N">Number of images of the mean.</param>
/// <param name="Mean">[along attack][along random], mean cross-entropy.</param>
internal sealed record LossSurface(IReadOnlyList<double> Coordinates, IReadOnlyList<ImageSurface> Images, int N, double[][] Mean)
{
    /// <summary>Default number of points on each axis.</summary>
    public const int DefaultSide = 21;

    /// <summary>Computes the surface.</summary>
    /// <param name="runner">The classifier, the images of the mean, at least one, and how they are attacked.</param>
    /// <param name="shown">Indices in the split of the images that are kept individually.</param>
    /// <param name="attack">The attack that yields δ.</param>
    /// <param name="seed">The seed of r.</param>
    /// <param name="side">Points on each axis, odd.</param>
    /// <param name="observer">Receives the progress before the first row of the grid, and after every one; null for nobody.</param>
    /// <param name="stop">Cancels before the next call of the classifier.</param>
    public static LossSurface Compute(
        AttackRunner runner, IReadOnlyList<long> shown, IAttack attack, long seed, int side = DefaultSide,
        IAnalysisObserver? observer = null, CancellationToken stop = default)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        observer?.OnProgress(new AnalysisProgress("loss surface", 0, side, clock.Elapsed));
        var images = runner.Load(runner.Positions);
        var (x, y, f) = (images.X, images.Y, runner.WithCancellation(stop));
        var δ = AdversarialImages(runner, attack, x, stop) - x;
        var noise = Noise.Keyed(seed, images.Indices);
        var r = attack.Threat.Epsilon * attack.Threat.SteepestAscent(x, noise.Stream("random direction").Normal(x));

        double[] coordinates = [.. Enumerable.Range(0, side).Select(i => 2.0 * i / (side - 1) - 1)];
        var label = y.cpu().data<long>().ToArray();
        var shownPositions = shown.Select(s => runner.Indices.Index().First(i => i.Item == s).Index).ToList();
        var mean = Grid<double>(side);
        var surfaces = shownPositions.Select(i => new ImageSurface(runner.Indices[i], label[i], Grid<double>(side), Grid<long>(side))).ToList();
        foreach (var (i, a) in coordinates.Index())
        {
            foreach (var (j, b) in coordinates.Index())
            {
                using var point = NewDisposeScope();
                var z = f((x + a * δ + b * r).clamp(0, 1));
                var loss = Losses.CrossEntropy(z, y).to(ScalarType.Float64).cpu().data<double>().ToArray();
                var predicted = z.argmax(1).cpu().data<long>().ToArray();
                mean[i][j] = loss.Average();
                foreach (var (image, k) in surfaces.Zip(shownPositions)) (image.Loss[i][j], image.Class[i][j]) = (loss[k], predicted[k]);
            }
            observer?.OnProgress(new AnalysisProgress("loss surface", i + 1, side, clock.Elapsed));
        }
        return new LossSurface(coordinates, surfaces, label.Length, mean);
    }

    /// <summary>Serializes to one line of JSON, with every bit.</summary>
    public string ToLine() => JsonSerializer.Serialize(this, SurfaceJson.Default.LossSurface);

    /// <summary>Parses the line of <see cref="ToLine"/>.</summary>
    public static LossSurface Parse(string line) => JsonSerializer.Deserialize(line, SurfaceJson.Default.LossSurface)!;

    /// <summary>Returns the strongest adversarial image of each image, [N, C, H, W].</summary>
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

[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(LossSurface))]
internal sealed partial class SurfaceJson : JsonSerializerContext;
