namespace Arow.Training;

/// <summary>
/// What one step measured on its own batch, before the weights moved. It is read when it is first asked for, which on a GPU
/// waits until the step is done.
/// </summary>
internal sealed class StepResult : IDisposable
{
    /// <summary>A loss above this is an explosion: cross-entropy of the worst float32 logits in use stays far below.</summary>
    private const double MaximumLoss = 1e6;

    /// <summary>[3], float64: the loss, then clean and adversarial images classified correctly, NaN where nobody looked.</summary>
    private readonly Tensor values;
    private double[]? cached;

    /// <param name="loss">A scalar.</param>
    /// <param name="clean">Of <see cref="CountCorrect"/> for the clean images, and gone after it; null if nobody looked.</param>
    /// <param name="robust">Of the adversarial ones, likewise.</param>
    internal StepResult(Tensor loss, Tensor? clean, Tensor? robust)
    {
        using var scope = NewDisposeScope();
        values = stack([ToDouble(loss.detach()), ToDouble(clean), ToDouble(robust)]).DetachFromDisposeScope();
        clean?.Dispose();
        robust?.Dispose();

        Tensor ToDouble(Tensor? value) => value?.to(ScalarType.Float64) ?? full([], double.NaN, ScalarType.Float64, loss.device);
    }

    /// <summary>Mean loss of the batch.</summary>
    /// <exception cref="ArithmeticException">It is not a number or explodes.</exception>
    public double Loss => ReadBack()[0];

    /// <summary>Clean images classified rightly in training mode; null if the objective did not look at them.</summary>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes.</exception>
    public long? Clean => CountAt(1);

    /// <summary>Adversarial images classified rightly; null without an attack.</summary>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes.</exception>
    public long? Robust => CountAt(2);

    /// <summary>
    /// How many images are classified rightly, of mixed ones as the class that has the greatest part: an int64 scalar, outside every
    /// dispose scope.
    /// </summary>
    internal static Tensor CountCorrect(Tensor z, Tensor y)
    {
        using var scope = NewDisposeScope();
        return (z.detach().argmax(1) == (y.dim() == 1 ? y : y.argmax(1))).sum().DetachFromDisposeScope();
    }

    /// <summary>Whether a loss, a scalar, is fit to be followed: a scalar bool.</summary>
    internal static Tensor IsFinite(Tensor loss) => loss.detach().abs() <= MaximumLoss;

    /// <inheritdoc/>
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
