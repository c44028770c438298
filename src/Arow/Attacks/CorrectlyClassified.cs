namespace Arow.Attacks;

/// <summary>Finds the images that are still correctly classified.</summary>
internal static class CorrectlyClassified
{
    /// <summary>Returns the correctly classified rows, [M] int64, ascending.</summary>
    public static Tensor Find(Classifier f, Tensor x, Tensor y)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return (f(x).argmax(1) == y).nonzero().flatten().MoveToOuterDisposeScope();
    }
}
