namespace Arow.Evaluation;

/// <summary>Images of a set that are attacked together.</summary>
/// <param name="Positions">Their positions in the set.</param>
/// <param name="Indices">[N], int64: their positions in the whole data set, which key their randomness.</param>
/// <param name="X">[N, C, H, W], pixels in [0, 1].</param>
/// <param name="Y">[N], int64: the classes that predictions are to be led away from.</param>
public sealed record ImageBatch(IReadOnlyList<int> Positions, Tensor Indices, Tensor X, Tensor Y);

/// <summary>Images of a batch as an attack, or nothing, has left them, and what the classifier makes of them.</summary>
/// <param name="Originals">The images as they are.</param>
/// <param name="XAdv">[N, C, H, W], pixels in [0, 1].</param>
/// <param name="Logits">[N, K], of <paramref name="XAdv"/>.</param>
public sealed record AttackedBatch(ImageBatch Originals, Tensor XAdv, Tensor Logits)
{
    /// <summary>Of each image, the class that its prediction is to be led away from.</summary>
    public IReadOnlyList<long> Label { get; } = ToArray<long>(Originals.Y);

    /// <summary>Of each image, the class of the largest logit.</summary>
    public IReadOnlyList<long> Predicted { get; } = ToArray<long>(Logits.argmax(1));

    /// <summary>
    /// Of each image, the logit of its class less the largest other: see <see cref="Losses.Margin"/>.
    /// </summary>
    public IReadOnlyList<double> Margin { get; } = ToArray<double>(Losses.Margin(Logits, Originals.Y).to(ScalarType.Float64));

    /// <summary>Of each image, the size of the perturbation in the attack's norm, measured in float64.</summary>
    public IReadOnlyList<double> Norm { get; init; } = new double[Originals.Positions.Count];

    /// <summary>
    /// Whether each image is adversarial or at least has a smaller margin than what earlier parts of an ensemble made
    /// of the same image.
    /// </summary>
    public IReadOnlyList<bool> IsStrongest { get; init; } = [.. Originals.Positions.Select(_ => true)];

    /// <summary>
    /// How many attacks on images are done with the batch; an image that an ensemble's part turns is done with for the
    /// parts to come as well.
    /// </summary>
    public int Finished { get; init; }

    /// <summary>What the attack asked of the classifier.</summary>
    public QueryCounts QueryCounts { get; init; }

    /// <summary>
    /// Which images had a zero gradient at the attack's beginning; null where none was taken of all of them at once.
    /// </summary>
    public IReadOnlyList<bool>? ZeroGradients { get; init; }

    /// <summary>
    /// Whether the prediction for an image is not its class; a logit that is no number leaves no prediction.
    /// </summary>
    /// <param name="i">Its place in the batch.</param>
    public bool IsMisclassified(int i) => Predicted[i] != Label[i] || double.IsNaN(Margin[i]);

    /// <summary>Positions in the set of the images that are still classified correctly.</summary>
    public IEnumerable<int> RobustPositions => Originals.Positions.Where((_, i) => !IsMisclassified(i));

    private static T[] ToArray<T>(Tensor t)
        where T : unmanaged => t.cpu().data<T>().ToArray();
}
