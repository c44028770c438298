namespace Arow.Attacks;

/// <summary>Which images an attack has still to turn.</summary>
internal static class Standing
{
    /// <summary>The rows, [M] int64 and rising, that are still classified as they should be.</summary>
    public static Tensor Of(Classifier f, Tensor x, Tensor y)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return (f(x).argmax(1) == y).nonzero().flatten().MoveToOuterDisposeScope();
    }
}
