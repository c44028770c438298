namespace Arow.Attacks;

/// <summary>How long the rows of a tensor are.</summary>
internal static class VectorLength
{
    /// <summary>The norm over the last dimension, [… , n] to […], in the tensor's own precision.</summary>
    public static Tensor Of(Norm norm, Tensor v)
    {
        using var scope = NewDisposeScope();
        var length = norm switch
        {
            Norm.Linf => v.abs().amax([-1]),
            Norm.L2 => Root(v.square().sum(-1)),
            _ => v.abs().sum(-1),
        };
        return length.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The square root, rounded to the nearest number: by way of float64, as that of the library that libtorch calls for
    /// float32 may be off in the last digit, from processor to processor.
    /// </summary>
    public static Tensor Root(Tensor squares)
    {
        using var scope = NewDisposeScope();
        return squares.to(ScalarType.Float64).sqrt().to(squares.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The norm by which gradients are measured where moves are measured by this one.</summary>
    public static Norm Dual(Norm norm) => norm switch { Norm.Linf => Norm.L1, Norm.L2 => Norm.L2, _ => Norm.Linf };
}
