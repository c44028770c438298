namespace Arow;

/// <summary>Checks tensors for NaN and infinity.</summary>
internal static class Finite
{
    /// <summary>
    /// Returns whether all elements are finite, a bool scalar on the same device. It checks the minimum and maximum, which
    /// propagate NaN: that takes a tenth of the time of <c>isfinite</c>, which writes a bool for each element (4 ms instead
    /// of 45 for 11 million weights).
    /// </summary>
    /// <param name="t">A floating-point tensor.</param>
    public static Tensor All(Tensor t)
    {
        if (t.numel() == 0) return ones([], ScalarType.Bool, t.device);
        using var scope = NewDisposeScope();
        var (least, most) = t.aminmax();
        return least.isfinite().logical_and(most.isfinite()).MoveToOuterDisposeScope();
    }
}
