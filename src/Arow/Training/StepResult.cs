namespace Arow.Training;

/// <summary>
/// What one step measured on its own batch, before the weights moved. It is read when it is first asked for, which on a GPU
/// waits until the step is done.
/// </summary>
public sealed class StepResult : IDisposable
{
    /// <summary>A loss above this is an explosion: cross-entropy of the worst float32 logits in use stays far below.</summary>
    private const double Explosion = 1e6;

    /// <summary>[3], float64: the loss, then clean and adversarial images classified correctly, NaN where nobody looked.</summary>
    private readonly Tensor numbers;
    private double[]? read;

    /// <param name="loss">A scalar.</param>
    /// <param name="clean">Of <see cref="Right"/> for the clean images, and gone after it; null if nobody looked.</param>
    /// <param name="robust">Of the adversarial ones, likewise.</param>
    internal StepResult(Tensor loss, Tensor? clean, Tensor? robust)
    {
        using var scope = NewDisposeScope();
        numbers = stack([Number(loss.detach()), Number(clean), Number(robust)]).DetachFromDisposeScope();
        clean?.Dispose();
        robust?.Dispose();

        Tensor Number(Tensor? value) => value?.to(ScalarType.Float64) ?? full([], double.NaN, ScalarType.Float64, loss.device);
    }

    /// <summary>Mean loss of the batch.</summary>
    /// <exception cref="ArithmeticException">It is not a number or explodes.</exception>
    public double Loss => Read()[0];

    /// <summary>Clean images classified rightly in training mode; null if the objective did not look at them.</summary>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes.</exception>
    public long? Clean => Count(1);

    /// <summary>Adversarial images classified rightly; null without an attack.</summary>
    /// <exception cref="ArithmeticException">The loss is not a number or explodes.</exception>
    public long? Robust => Count(2);

    /// <summary>
    /// How many images are classified rightly, of mixed ones as the class that has the greatest part: an int64 scalar, outside every
    /// dispose scope.
    /// </summary>
    internal static Tensor Right(Tensor z, Tensor y)
    {
        using var scope = NewDisposeScope();
        return (z.detach().argmax(1) == (y.dim() == 1 ? y : y.argmax(1))).sum().DetachFromDisposeScope();
    }

    /// <summary>Whether a loss, a scalar, is fit to be followed: a scalar bool.</summary>
    internal static Tensor IsFit(Tensor loss) => loss.detach().abs() <= Explosion;

    /// <inheritdoc/>
    public void Dispose() => numbers.Dispose();

    private long? Count(int place) => Read()[place] is var count && double.IsNaN(count) ? null : (long)count;

    /// <summary>Loss and counts.</summary>
    internal double[] Read()
    {
        if (read is null)
        {
            using var here = numbers.cpu();
            read = here.data<double>().ToArray();
            numbers.Dispose();
        }
        return Math.Abs(read[0]) <= Explosion ? read : throw new ArithmeticException($"the loss is {read[0]}");
    }
}
