namespace Arow.Evaluation;

/// <summary>Images of a set that are attacked together.</summary>
/// <param name="Positions">Their positions in the set.</param>
/// <param name="Indices">[N], int64: their positions in the whole data set, which key their randomness.</param>
/// <param name="X">[N, C, H, W], pixels in [0, 1].</param>
/// <param name="Y">[N], int64: the classes that the attack leads away from.</param>
public sealed record ImageBatch(IReadOnlyList<int> Positions, Tensor Indices, Tensor X, Tensor Y);

/// <summary>The images of a batch after an attack, or without one, with their logits.</summary>
/// <param name="Originals">The clean images.</param>
/// <param name="XAdv">[N, C, H, W], pixels in [0, 1].</param>
/// <param name="Logits">[N, K], of <paramref name="XAdv"/>.</param>
public sealed record AttackedBatch(ImageBatch Originals, Tensor XAdv, Tensor Logits)
{
    /// <summary>The class of each image that the attack leads away from.</summary>
    public IReadOnlyList<long> Label { get; } = ToArray<long>(Originals.Y);

    /// <summary>The predicted class of each image.</summary>
    public IReadOnlyList<long> Predicted { get; } = ToArray<long>(Logits.argmax(1));

    /// <summary>
    /// The margin of each image, the logit of its class minus the largest other: see <see cref="Losses.Margin"/>.
    /// </summary>
    public IReadOnlyList<double> Margin { get; } = ToArray<double>(Losses.Margin(Logits, Originals.Y).to(ScalarType.Float64));

    /// <summary>The size of each image's perturbation in the attack's norm, measured in float64.</summary>
    public IReadOnlyList<double> Norm { get; init; } = new double[Originals.Positions.Count];

    /// <summary>
    /// Whether each image is adversarial or at least has a smaller margin than the results of earlier parts of an ensemble
    /// for the same image.
    /// </summary>
    public IReadOnlyList<bool> IsStrongest { get; init; } = [.. Originals.Positions.Select(_ => true)];

    /// <summary>
    /// The number of attacks on images that are finished after the batch; an image that a part of an ensemble breaks is finished for the
    /// later parts as well.
    /// </summary>
    public int Finished { get; init; }

    /// <summary>The attack's query counts.</summary>
    public QueryCounts QueryCounts { get; init; }

    /// <summary>
    /// Which images had a zero gradient at the start of the attack; null if there was no gradient of all images at once.
    /// </summary>
    public IReadOnlyList<bool>? ZeroGradients { get; init; }

    /// <summary>
    /// Whether an image is misclassified; NaN logits count as misclassified.
    /// </summary>
    /// <param name="i">Its position in the batch.</param>
    public bool IsMisclassified(int i) => Predicted[i] != Label[i] || double.IsNaN(Margin[i]);

    /// <summary>Positions in the set of the images that are still classified correctly.</summary>
    public IEnumerable<int> RobustPositions => Originals.Positions.Where((_, i) => !IsMisclassified(i));

    private static T[] ToArray<T>(Tensor t)
        where T : unmanaged => t.cpu().data<T>().ToArray();
}
