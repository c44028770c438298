namespace Arow.Attacks;

/// <summary>Norms of the rows of a tensor.</summary>
internal static class VectorNorm
{
    /// <summary>Computes the norm over the last dimension, [… , n] to […], in the tensor's own precision.</summary>
    public static Tensor Compute(Norm norm, Tensor v)
    {
        using var scope = NewDisposeScope();
        var length = norm switch
        {
            Norm.Linf => v.abs().amax([-1]),
            Norm.L2 => Sqrt(v.square().sum(-1)),
            _ => v.abs().sum(-1),
        };
        return length.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Computes the correctly rounded square root, through float64: the float32 root of the library that libtorch calls may
    /// be wrong in the last digit, depending on the processor.
    /// </summary>
    public static Tensor Sqrt(Tensor squares)
    {
        using var scope = NewDisposeScope();
        return squares.to(ScalarType.Float64).sqrt().to(squares.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Returns the dual norm, in which gradients are measured.</summary>
    public static Norm Dual(Norm norm) => norm switch { Norm.Linf => Norm.L1, Norm.L2 => Norm.L2, _ => Norm.Linf };
}
