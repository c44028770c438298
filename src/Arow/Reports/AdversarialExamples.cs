using Arow.Attacks;
using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>An image before and after an attack, with both predictions.</summary>
/// <param name="Index">Index of the image in the whole test set.</param>
/// <param name="Label">Class of the image.</param>
/// <param name="Clean">Predicted class of the image.</param>
/// <param name="CleanProbability">Probability of that prediction.</param>
/// <param name="Adversarial">Predicted class of the adversarial image.</param>
/// <param name="AdversarialProbability">Probability of that prediction.</param>
/// <param name="Image">[C, H, W], in [0, 1].</param>
/// <param name="Attacked">[C, H, W], in [0, 1].</param>
public sealed record AdversarialExample(
    long Index, long Label, long Clean, double CleanProbability, long Adversarial, double AdversarialProbability,
    float[] Image, float[] Attacked);

/// <summary>Adversarial images of an evaluation, reproduced.</summary>
/// <param name="Examples">At least one.</param>
/// <param name="Attack">Name of the attack.</param>
/// <param name="Classes">Class names.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Width">Width in pixels.</param>
public sealed record AdversarialExamples(
    IReadOnlyList<AdversarialExample> Examples, string Attack, IReadOnlyList<string> Classes, int Channels, int Height, int Width)
{
    /// <summary>
    /// Repeats an attack on a few images that it broke, cycling through the classes. With keyed randomness the result is that of
    /// the evaluation, except for rounding in another batch. Published randomness depends on the batch, so whole batches are
    /// attacked again. If it broke too few images, robust images with the smallest margins follow.
    /// </summary>
    /// <param name="examined">The evaluation; its rows must include the correctly classified images.</param>
    /// <param name="attack">One of the evaluation's attacks.</param>
    /// <param name="count">Number of images, at least 1; fewer if fewer are correctly classified.</param>
    /// <returns>Null if no image is correctly classified.</returns>
    public static AdversarialExamples? Find(Examined examined, IAttack attack, int count)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var (runner, rows) = (examined.Runner, examined.Result.Rows);
        var chosen = Choose(rows, attack.Name, count);
        if (chosen.Count == 0) return null;

        var original = runner.Load(chosen);
        var (clean, cleanProbability) = Predict(runner.Classify(original).Logits);
        var (adversarial, adversarialProbability, after) = (new long[chosen.Count], new double[chosen.Count], new float[chosen.Count][]);
        foreach (var positions in Batches(examined, attack, chosen))
        {
            using var batch = NewDisposeScope();
            var attacked = runner.Attack(attack, runner.Load(positions));
            var (found, probability) = Predict(attacked.Logits);
            var planes = Planes(attacked.XAdv);
            foreach (var (i, k) in chosen.Select(k => positions.IndexOf(k)).Index().Where(place => place.Item >= 0))
                (adversarial[i], adversarialProbability[i], after[i]) = (found[k], probability[k], planes[k]);
        }
        var (images, before) = (runner.Images, Planes(original.X));
        return new AdversarialExamples(
            [
                .. chosen.Select((k, i) => new AdversarialExample(
                    rows[k].Index, rows[k].Label, clean[i], cleanProbability[i], adversarial[i], adversarialProbability[i], before[i], after[i])),
            ],
            attack.Name, images.Classes, images.Channels, images.Height, images.Width);
    }

    /// <summary>Returns the positions of the images to attack, in batches that include all selected ones.</summary>
    private static IEnumerable<List<int>> Batches(Examined examined, IAttack attack, List<int> chosen)
    {
        if (examined.Runner.Randomness == Randomness.Keyed) return [chosen];
        var earlier = examined.Attacks.TakeWhile(a => a.Name != attack.Name).Select(a => a.Name).Append("clean").ToList();
        var standing = examined.Runner.Positions.Where(k => examined.Result.Rows[k].BrokenBy is not { } by || !earlier.Contains(by));
        return examined.Runner.Batches(standing).Where(batch => batch.Intersect(chosen).Any()).Select(batch => batch.ToList());
    }

    /// <summary>Selects positions of images.</summary>
    private static List<int> Choose(IReadOnlyList<SampleResult> rows, string attack, int count)
    {
        // The first of every class, then the second of every class, and so on.
        var places = rows.Index().ToList();
        var broken = places.Where(r => r.Item.BrokenBy == attack)
            .GroupBy(r => r.Item.Label)
            .SelectMany(g => g.OrderBy(r => r.Item.Index).Select((row, turn) => (row, turn)))
            .OrderBy(r => r.turn).ThenBy(r => r.row.Item.Label)
            .Select(r => r.row);
        var standing = places.Where(r => r.Item.Robust).OrderBy(r => r.Item.Margin).ThenBy(r => r.Item.Index);
        return [.. broken.Concat(standing).Take(count).Select(r => r.Index)];
    }

    private static (long[] Class, double[] Probability) Predict(Tensor logits)
    {
        var (values, indices) = F.softmax(logits, 1).to(ScalarType.Float64).max(1);
        return (indices.cpu().data<long>().ToArray(), values.cpu().data<double>().ToArray());
    }

    private static float[][] Planes(Tensor x) =>
        [.. x.cpu().contiguous().flatten().data<float>().ToArray().Chunk((int)x[0].numel())];
}
