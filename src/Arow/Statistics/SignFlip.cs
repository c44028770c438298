namespace Arow.Statistics;

/// <summary>
/// The exact sign-flip test of two methods that were each trained several times and evaluated on the same images, with the image or
/// the seed as the unit: if neither is better, swapping the two on a unit changes nothing, so both signs of each
/// unit's difference are equally likely. Images are swapped in all their repetitions at once, which need not be independent of
/// each other; with one repetition it is McNemar's exact test.
/// </summary>
internal static class SignFlip
{
    /// <summary>The two-sided p-value: P(|Σ ±|k_i|| ≥ |Σ k_i|) over all choices of signs.</summary>
    /// <param name="differences">
    /// k for each unit: of an image, the number of repetitions in which only the first is correct, minus those in which only the
    /// second is; of a seed, the same number of images.
    /// </param>
    public static double PValue(IEnumerable<int> differences)
    {
        int[] k = [.. differences.Where(d => d != 0)];
        var (observed, most) = (Math.Abs(k.Sum()), k.Sum(Math.Abs));
        // chance[most + t] is the probability of the sum t; its range grows with each image.
        var chance = new double[2 * most + 1];
        var next = new double[2 * most + 1];
        chance[most] = 1;
        var reach = 0;
        foreach (var size in k.Select(Math.Abs).Order())
        {
            Array.Clear(next, most - reach - size, 2 * (reach + size) + 1);
            for (var t = most - reach; t <= most + reach; t++)
            {
                next[t - size] += chance[t] / 2;
                next[t + size] += chance[t] / 2;
            }
            reach += size;
            (chance, next) = (next, chance);
        }
        var p = 0.0;
        for (var t = most; t >= observed; t--) p += chance[most + t] + (t == 0 ? 0 : chance[most - t]);
        return Math.Min(1, p);
    }
}
