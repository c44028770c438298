namespace Arow.Attacks;

/// <summary>
/// The constant c of each sample, which weighs misclassification against the size of the perturbation. The least
/// sufficient c is found by growing it tenfold until it suffices, and by bisection from then on (Carlini and Wagner 2017).
/// </summary>
internal sealed class TradeOffConstant
{
    private readonly Tensor c, low, high, succeeded;

    /// <param name="x">[N, C, H, W]: gives the number of samples, the type and the device.</param>
    /// <param name="initial">The first c, above 0.</param>
    public TradeOffConstant(Tensor x, double initial)
    {
        var n = x.shape[0];
        c = full([n], initial, x.dtype, x.device);
        low = zeros(n, x.dtype, x.device);
        high = full([n], double.PositiveInfinity, x.dtype, x.device);
        succeeded = zeros(n, ScalarType.Bool, x.device);
    }

    /// <summary>Returns c of some samples: [M].</summary>
    public Tensor Select(Tensor rows) => c.index_select(0, rows);

    /// <summary>Records which samples are misclassified with the current c.</summary>
    public void RecordSuccess(Tensor rows, Tensor misclassified)
    {
        using var scope = NewDisposeScope();
        succeeded.index_copy_(0, rows, succeeded.index_select(0, rows) | misclassified);
    }

    /// <summary>Computes the next c of every sample.</summary>
    public void Update()
    {
        using var scope = NewDisposeScope();
        high.copy_(where(succeeded, c, high));
        low.copy_(where(succeeded, low, c));
        c.copy_(where(high.isinf(), 10 * c, (low + high) / 2));
        succeeded.zero_();
    }
}
