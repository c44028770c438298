namespace Arow.Training;

/// <summary>
/// The loss and counts of one step on its batch, before the update of the weights. They are read back at the first access, which on a GPU
/// waits for the step.
/// </summary>
internal sealed class StepResult : IDisposable
{
    /// <summary>A larger loss counts as an explosion: cross-entropy of the worst float32 logits in use is far smaller.</summary>
    private const double MaximumLoss = 1e6;

    /// <summary>[3], float64: the loss, then clean and adversarial images classified correctly, NaN if not computed.</summary>
    private readonly Tensor values;
    private double[]? cached;

    /// <param name="loss">A scalar.</param>
    /// <param name="clean">The <see cref="CountCorrect"/> of the clean images, disposed here; null if not computed.</param>
    /// <param name="robust">The same of the adversarial images.</param>
    internal StepResult(Tensor loss, Tensor? clean, Tensor? robust)
    {
        using var scope = NewDisposeScope();
        values = stack([ToDouble(loss.detach()), ToDouble(clean), ToDouble(robust)]).DetachFromDisposeScope();
        clean?.Dispose();
        robust?.Dispose();

        Tensor ToDouble(Tensor? value) => value?.to(ScalarType.Float64) ?? full([], double.NaN, ScalarType.Float64, loss.device);
    }

    /// <summary>Mean loss of the batch.</summary>
    /// <exception cref="ArithmeticException">It is not finite or explodes.</exception>
    public double Loss => ReadBack()[0];

    /// <summary>Clean images classified correctly in training mode; null if the objective does not use them.</summary>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes.</exception>
    public long? Clean => CountAt(1);

    /// <summary>Adversarial images classified correctly; null without an attack.</summary>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes.</exception>
    public long? Robust => CountAt(2);

    /// <summary>
    /// Counts the correctly classified images; the class of a mixed image is the one with the largest share. Returns an int64 scalar, outside every
    /// dispose scope.
    /// </summary>
    internal static Tensor CountCorrect(Tensor z, Tensor y)
    {
        using var scope = NewDisposeScope();
        return (z.detach().argmax(1) == (y.dim() == 1 ? y : y.argmax(1))).sum().DetachFromDisposeScope();
    }

    /// <summary>Whether a scalar loss is finite and below the maximum: a scalar bool.</summary>
    internal static Tensor IsFinite(Tensor loss) => loss.detach().abs() <= MaximumLoss;

    public void Dispose() => values.Dispose();

    private long? CountAt(int index) => ReadBack()[index] is var count && double.IsNaN(count) ? null : (long)count;

    /// <summary>Loss and counts.</summary>
    internal double[] ReadBack()
    {
        if (cached is null)
        {
            using var here = values.cpu();
            cached = here.data<double>().ToArray();
            values.Dispose();
        }
        return Math.Abs(cached[0]) <= MaximumLoss ? cached : throw new ArithmeticException($"the loss is {cached[0]}");
    }
}
