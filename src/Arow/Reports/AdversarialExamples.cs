using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>An image before and after an attack, and what the classifier says of both.</summary>
/// <param name="Index">The image's place in the whole test set.</param>
/// <param name="Label">Its class.</param>
/// <param name="Clean">The class predicted for it.</param>
/// <param name="CleanProbability">How sure the classifier is of that.</param>
/// <param name="Adversarial">The class predicted for the adversarial image.</param>
/// <param name="AdversarialProbability">How sure the classifier is of that.</param>
/// <param name="Image">[C, H, W], in [0, 1].</param>
/// <param name="Attacked">[C, H, W], in [0, 1].</param>
public sealed record AdversarialExample(
    long Index, long Label, long Clean, double CleanProbability, long Adversarial, double AdversarialProbability,
    float[] Image, float[] Attacked);

/// <summary>Some adversarial images of an evaluation, found again.</summary>
/// <param name="Examples">At least one.</param>
/// <param name="Attack">Which attack made them.</param>
/// <param name="Classes">Names of the classes.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Width">In pixels.</param>
public sealed record AdversarialExamples(
    IReadOnlyList<AdversarialExample> Examples, string Attack, IReadOnlyList<string> Classes, int Channels, int Height, int Width)
{
    /// <summary>
    /// Runs an attack again on a few images that it broke, class after class; randomness is keyed by image, so that it
    /// finds what it found in the evaluation. Where it broke too few, those with the least margin follow.
    /// </summary>
    /// <param name="f">The classifier, in evaluation mode.</param>
    /// <param name="images">What was evaluated.</param>
    /// <param name="rows">What was found; rows of images that are rightly classified as they are must be among them.</param>
    /// <param name="attack">One of the evaluation's attacks.</param>
    /// <param name="seed">The evaluation's.</param>
    /// <param name="count">How many, at least 1; fewer where fewer were rightly classified.</param>
    /// <returns>Null if no image is rightly classified as it is.</returns>
    public static AdversarialExamples? Find(
        Classifier f, ImageSet images, IReadOnlyList<SampleResult> rows, IAttack attack, long seed, int count)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var chosen = Choose(rows, attack.Name, count);
        if (chosen.Count == 0) return null;

        long[] indices = [.. images.Indices.cpu().data<long>()];
        var place = indices.Index().ToDictionary(i => i.Item, i => (long)i.Index);
        var places = tensor(chosen.Select(r => place[r.Index]).ToArray(), device: images.Images.device);
        var x = ImageSet.Pixels(images.Images.index_select(0, places));
        var y = images.Labels.index_select(0, places);
        var xAdv = attack.Perturb(f, x, y, Noise.Keyed(seed, images.Indices.index_select(0, places)).Stream(attack.Name));

        var (clean, cleanProbability) = Predict(f, x);
        var (adversarial, adversarialProbability) = Predict(f, xAdv);
        var (before, after) = (Planes(x), Planes(xAdv));
        return new AdversarialExamples(
            [
                .. chosen.Select((row, i) => new AdversarialExample(
                    row.Index, row.Label, clean[i], cleanProbability[i], adversarial[i], adversarialProbability[i], before[i], after[i])),
            ],
            attack.Name, images.Classes, images.Channels, images.Height, images.Width);
    }

    private static List<SampleResult> Choose(IReadOnlyList<SampleResult> rows, string attack, int count)
    {
        // The first of every class, then the second of every class, and so on.
        var broken = rows.Where(r => r.BrokenBy == attack)
            .GroupBy(r => r.Label)
            .SelectMany(g => g.OrderBy(r => r.Index).Select((row, turn) => (row, turn)))
            .OrderBy(r => r.turn).ThenBy(r => r.row.Label)
            .Select(r => r.row);
        var standing = rows.Where(r => r.Robust).OrderBy(r => r.Margin).ThenBy(r => r.Index);
        return [.. broken.Concat(standing).Take(count)];
    }

    private static (long[] Class, double[] Probability) Predict(Classifier f, Tensor x)
    {
        var (values, indices) = F.softmax(f(x), 1).to(ScalarType.Float64).max(1);
        return (indices.cpu().data<long>().ToArray(), values.cpu().data<double>().ToArray());
    }

    private static float[][] Planes(Tensor x) =>
        [.. x.cpu().contiguous().flatten().data<float>().ToArray().Chunk((int)x[0].numel())];
}
