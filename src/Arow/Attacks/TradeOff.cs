namespace Arow.Attacks;

/// <summary>
/// The constant c of each sample, which weighs misclassification against the size of the perturbation. The least
/// sufficient c is found by growing it tenfold until it suffices, and by bisection from then on (Carlini and Wagner 2017).
/// </summary>
internal sealed class TradeOff
{
    private readonly Tensor _c, _low, _high, _found;

    /// <param name="x">[N, C, H, W]: gives the number of samples, the type and the device.</param>
    /// <param name="first">The first c, above 0.</param>
    public TradeOff(Tensor x, double first)
    {
        var n = x.shape[0];
        _c = full([n], first, x.dtype, x.device);
        _low = zeros(n, x.dtype, x.device);
        _high = full([n], double.PositiveInfinity, x.dtype, x.device);
        _found = zeros(n, ScalarType.Bool, x.device);
    }

    /// <summary>Returns c of some samples: [M].</summary>
    public Tensor Of(Tensor rows) => _c.index_select(0, rows);

    /// <summary>Records which samples are misclassified with the current c.</summary>
    public void Saw(Tensor rows, Tensor fooled)
    {
        using var scope = NewDisposeScope();
        _found.index_copy_(0, rows, _found.index_select(0, rows) | fooled);
    }

    /// <summary>Computes the next c of every sample.</summary>
    public void Learn()
    {
        using var scope = NewDisposeScope();
        _high.copy_(where(_found, _c, _high));
        _low.copy_(where(_found, _low, _c));
        _c.copy_(where(_high.isinf(), 10 * _c, (_low + _high) / 2));
        _found.zero_();
    }
}
