using System.Globalization;

namespace Arow.Inference;

/// <summary>A class and the probability that a model gives it.</summary>
/// <param name="Class">Its name, or its number where the model names none.</param>
/// <param name="Index">Its place among the model's outputs, from 0.</param>
/// <param name="Confidence">The softmax of the logits, in [0, 1]. It is no probability of being right: adversarially trained networks are underconfident.</param>
public sealed record ClassConfidence(string Class, int Index, double Confidence)
{
    /// <summary>"cat 87.3 %".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class} {100 * Confidence:f1} %");
}

/// <summary>What came of attacking a model's own answer. No change that was found proves nothing: it is no certificate.</summary>
/// <param name="Attack">The attack's name.</param>
/// <param name="Norm">Of the perturbation: <c>linf</c>, <c>l2</c> or <c>l1</c>.</param>
/// <param name="Epsilon">Its largest size, on pixels in [0, 1].</param>
/// <param name="Found">The class that the perturbed image is taken for; null where the attack found no other.</param>
public sealed record AttackedPrediction(string Attack, string Norm, double Epsilon, string? Found);

/// <summary>What a model says of an image.</summary>
/// <param name="Top">The most probable classes, the first of them the answer.</param>
/// <param name="Abstained">Whether the confidence is below what was asked for.</param>
/// <param name="Resized">Whether the picture had another size than the model takes, and was brought to it as <c>arow data resize</c> does.</param>
/// <param name="Attacked">What came of an attack on the answer; null where none was asked for.</param>
public sealed record Prediction(IReadOnlyList<ClassConfidence> Top, bool Abstained = false, bool Resized = false, AttackedPrediction? Attacked = null)
{
    /// <summary>The most probable class.</summary>
    public string Class => Top[0].Class;

    /// <summary>Its place among the model's outputs, from 0.</summary>
    public int Index => Top[0].Index;

    /// <summary>Its probability by the model, in [0, 1].</summary>
    public double Confidence => Top[0].Confidence;

    /// <summary>"cat 87.3 %", "unsure: cat 41.0 %, dog 40.2 %".</summary>
    public override string ToString() => Abstained ? $"unsure: {string.Join(", ", Top.Take(2))}" : Top[0].ToString();
}

/// <summary>An image by its name, and what a model says of it or why it could not be read.</summary>
/// <param name="Name">A path, as it was given.</param>
/// <param name="Prediction">Null where the image is damaged.</param>
/// <param name="Error">Why, in a line; null where there is a prediction.</param>
public sealed record NamedPrediction(string Name, Prediction? Prediction, string? Error);
