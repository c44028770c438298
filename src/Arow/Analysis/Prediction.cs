using System.Globalization;

namespace Arow.Analysis;

/// <summary>
/// The prediction for an image, in float64. Class and probability come from the same numbers in the same order, so that a
/// class that is not predicted has a probability of at most 1/2 to the last bit: with e ≤ 1 for it and 1 for the
/// predicted one, e/(1 + e) ≤ 1/2, which rounding preserves.
/// </summary>
/// <param name="Class">The class of the largest logit, the first of equals.</param>
/// <param name="Probability">The probability of the true class, in [0, 1].</param>
internal readonly record struct Prediction(long Class, double Probability)
{
    /// <summary>Computes a prediction for each row.</summary>
    /// <param name="z">Logits, [N, K].</param>
    /// <param name="labels">N classes.</param>
    /// <param name="indices">The indices of the images, for messages.</param>
    /// <exception cref="InvalidOperationException">A logit is not finite.</exception>
    public static Prediction[] FromLogits(Tensor z, IReadOnlyList<long> labels, IReadOnlyList<long> indices)
    {
        using var scope = NewDisposeScope();
        var classes = (int)z.shape[1];
        var all = z.to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
        return [.. labels.Select((label, i) => FromLogits(all.AsSpan(i * classes, classes), (int)label, indices[i]))];
    }

    /// <summary>Formats the prediction as two cells of a line.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Class}\t{Probability:R}");

    /// <summary>Parses the cells of <see cref="ToText"/>.</summary>
    public static Prediction Parse(string @class, string probability) =>
        new(long.Parse(@class, CultureInfo.InvariantCulture), double.Parse(probability, CultureInfo.InvariantCulture));

    internal static Prediction FromLogits(ReadOnlySpan<double> z, int label, long index)
    {
        var first = 0;
        for (var k = 0; k < z.Length; k++)
        {
            if (!double.IsFinite(z[k])) throw new InvalidOperationException($"the model's logits at image {index} are not finite");
            if (z[k] > z[first]) first = k;
        }
        var sum = 0.0;
        foreach (var value in z) sum += Math.Exp(value - z[first]);
        return new Prediction(first, Math.Exp(z[label] - z[first]) / sum);
    }
}
