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
internal sealed record AdversarialExample(
    long Index, long Label, long Clean, double CleanProbability, long Adversarial, double AdversarialProbability,
    float[] Image, float[] Attacked)
{
    /// <summary>File of the image, below the folder of the data; null if it has none of its own.</summary>
    public string? File { get; init; }

    /// <summary>The file, or else the number.</summary>
    public string Name => File ?? $"image {Index}";
}

/// <summary>Adversarial images of an evaluation, reproduced.</summary>
/// <param name="Examples">At least one.</param>
/// <param name="Attack">Name of the attack.</param>
/// <param name="Classes">Class names.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Width">Width in pixels.</param>
internal sealed record AdversarialExampleSet(
    IReadOnlyList<AdversarialExample> Examples, string Attack, IReadOnlyList<string> Classes, int Height, int Width)
{
    /// <summary>
    /// Repeats an attack on a few images that it broke, cycling through the classes. With keyed randomness the result is that of
    /// the evaluation, except for rounding in another batch. Published randomness depends on the batch, so whole batches are
    /// attacked again. If it broke too few images, robust images with the smallest margins follow.
    /// </summary>
    /// <param name="artifacts">The evaluation; its rows must include the correctly classified images.</param>
    /// <param name="attack">One of the evaluation's attacks.</param>
    /// <param name="count">Number of images, at least 1; fewer if fewer are correctly classified.</param>
    /// <returns>Null if no image is correctly classified.</returns>
    public static AdversarialExampleSet? Reproduce(EvaluationArtifacts artifacts, IAttack attack, int count)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (runner, rows) = (artifacts.Runner, artifacts.Result.Rows);
        var selected = SelectPositions(rows, attack.Name, count);
        if (selected.Count == 0) return null;

        var original = runner.Load(selected);
        var (clean, cleanProbability) = Predict(runner.Classify(original).Logits);
        var (adversarial, adversarialProbability, after) = (new long[selected.Count], new double[selected.Count], new float[selected.Count][]);
        foreach (var positions in Batches(artifacts, attack, selected))
        {
            using var batch = NewDisposeScope();
            var attacked = runner.Attack(attack, runner.Load(positions));
            var (found, probability) = Predict(attacked.Logits);
            var planes = ToPlanes(attacked.XAdv);
            foreach (var (i, k) in selected.Select(k => positions.IndexOf(k)).Index().Where(place => place.Item >= 0))
                (adversarial[i], adversarialProbability[i], after[i]) = (found[k], probability[k], planes[k]);
        }
        var (images, before) = (runner.Images, ToPlanes(original.X));
        return new AdversarialExampleSet(
            [
                .. selected.Select((k, i) => new AdversarialExample(
                    rows[k].Index, rows[k].Label, clean[i], cleanProbability[i], adversarial[i], adversarialProbability[i], before[i], after[i])
                {
                    File = images.Origin?.Names[(int)rows[k].Index],
                }),
            ],
            attack.Name, images.Classes, images.Height, images.Width);
    }

    /// <summary>Returns the positions of the images to attack, in batches that include all selected ones.</summary>
    private static IEnumerable<List<int>> Batches(EvaluationArtifacts artifacts, IAttack attack, List<int> selected)
    {
        if (artifacts.Runner.Randomness == Randomness.Keyed) return [selected];
        var earlier = artifacts.Attacks.TakeWhile(a => a.Name != attack.Name).Select(a => a.Name).Append(NoAttack.Name).ToList();
        var robust = artifacts.Runner.Positions.Where(k => artifacts.Result.Rows[k].BrokenBy is not { } by || !earlier.Contains(by));
        return artifacts.Runner.Batches(robust).Where(batch => batch.Intersect(selected).Any()).Select(batch => batch.ToList());
    }

    /// <summary>Selects positions of images.</summary>
    private static List<int> SelectPositions(IReadOnlyList<SampleResult> rows, string attack, int count)
    {
        // The first of every class, then the second of every class, and so on.
        var indexed = rows.Index().ToList();
        var broken = indexed.Where(r => r.Item.BrokenBy == attack)
            .GroupBy(r => r.Item.Label)
            .SelectMany(g => g.OrderBy(r => r.Item.Index).Select((row, turn) => (row, turn)))
            .OrderBy(r => r.turn).ThenBy(r => r.row.Item.Label)
            .Select(r => r.row);
        var robust = indexed.Where(r => r.Item.Robust).OrderBy(r => r.Item.Margin).ThenBy(r => r.Item.Index);
        return [.. broken.Concat(robust).Take(count).Select(r => r.Index)];
    }

    private static (long[] Class, double[] Probability) Predict(Tensor logits)
    {
        var (values, indices) = F.softmax(logits, 1).to(ScalarType.Float64).max(1);
        return (indices.cpu().data<long>().ToArray(), values.cpu().data<double>().ToArray());
    }

    private static float[][] ToPlanes(Tensor x) =>
        [.. x.cpu().contiguous().flatten().data<float>().ToArray().Chunk((int)x[0].numel())];
}
