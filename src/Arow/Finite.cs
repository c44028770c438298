namespace Arow;

/// <summary>Whether tensors hold nothing but numbers.</summary>
internal static class Finite
{
    /// <summary>
    /// Whether all elements are finite, a tensor of one truth value on the same device. By their least and their largest, which NaN spreads to:
    /// a tenth of the time of <c>isfinite</c>, which writes a truth value for each (11 million weights: 4 ms for 45).
    /// </summary>
    /// <param name="t">Of a floating-point type.</param>
    public static Tensor All(Tensor t)
    {
        if (t.numel() == 0) return ones([], ScalarType.Bool, t.device);
        using var scope = NewDisposeScope();
        var (least, most) = t.aminmax();
        return least.isfinite().logical_and(most.isfinite()).MoveToOuterDisposeScope();
    }
}
