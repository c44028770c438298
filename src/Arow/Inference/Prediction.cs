using System.Globalization;

namespace Arow.Inference;

/// <summary>A class and the probability that a model assigns to it.</summary>
/// <param name="Class">Name of the class, or its index if the model has no names.</param>
/// <param name="Index">Index among the model's outputs, from 0.</param>
/// <param name="Confidence">
/// Softmax of the logits, in [0, 1]. It is not the probability of being correct: adversarially trained networks are underconfident.
/// </param>
public sealed record ClassConfidence(string Class, int Index, double Confidence)
{
    /// <summary>"cat 87.3 %".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class} {100 * Confidence:f1} %");
}

/// <summary>Result of an attack on a prediction. If no change was found, this is not a certificate of robustness.</summary>
/// <param name="Attack">The attack's name.</param>
/// <param name="Norm">Norm of the perturbation: <c>linf</c>, <c>l2</c> or <c>l1</c>.</param>
/// <param name="Epsilon">Largest norm of the perturbation, on pixels in [0, 1].</param>
/// <param name="Found">Predicted class of the adversarial image; null if the attack found none.</param>
public sealed record AttackedPrediction(string Attack, string Norm, double Epsilon, string? Found)
{
    /// <summary>"pgd20-margin, linf 0.0314: dog", "pgd20-margin, linf 0.0314: no other class was found".</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Attack}, {Norm} {Epsilon:0.####}: {Found ?? "no other class was found"}");
}

/// <summary>A model's prediction for an image.</summary>
/// <param name="Top">The most probable classes; the first one is the prediction.</param>
/// <param name="Abstained">Whether the confidence is below the requested threshold.</param>
/// <param name="Resized">Whether the picture was resized to the model's input size, as <c>arow data resize</c> does.</param>
/// <param name="Attacked">Result of an attack on the prediction; null if not requested.</param>
public sealed record Prediction(IReadOnlyList<ClassConfidence> Top, bool Abstained = false, bool Resized = false, AttackedPrediction? Attacked = null)
{
    /// <summary>Whether the file holds further pictures (an animation, or pages), of which only the first was classified.</summary>
    public bool IsFirstOfSeveral { get; init; }

    /// <summary>The most probable class.</summary>
    public string Class => Top[0].Class;

    /// <summary>Index among the model's outputs, from 0.</summary>
    public int Index => Top[0].Index;

    /// <summary>Softmax probability of the class, in [0, 1].</summary>
    public double Confidence => Top[0].Confidence;

    /// <summary>"cat 87.3 %", "unsure: cat 41.0 %, dog 40.2 %".</summary>
    public override string ToString() => Abstained ? $"unsure: {string.Join(", ", Top.Take(2))}" : Top[0].ToString();
}

/// <summary>The name of an image with the model's prediction or an error.</summary>
/// <param name="Name">Path as given.</param>
/// <param name="Prediction">Null if the image cannot be read.</param>
/// <param name="Error">One-line message; null if there is a prediction.</param>
public sealed record NamedPrediction(string Name, Prediction? Prediction, string? Error)
{
    /// <summary>"cat.jpg: cat 87.3 %", "dog.jpg: is damaged or truncated".</summary>
    public override string ToString() => Error ?? $"{Name}: {Prediction}";
}
