using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>The help of HAT: what lies twice as far out as the adversarial image is to be taken for what that one looks like.</summary>
internal static class FartherImages
{
    /// <summary>CE(f(x + 2(x' − x)), argmax g(x')) of each sample: [N]. The images may leave [0, 1], as published.</summary>
    /// <param name="f">The classifier in training mode.</param>
    /// <param name="standard">g, in evaluation mode.</param>
    /// <param name="x">Clean images.</param>
    /// <param name="xAdv">Adversarial images.</param>
    public static Tensor Loss(Classifier f, Classifier? standard, Tensor x, Tensor xAdv)
    {
        var g = standard ?? throw new InvalidOperationException("helper images need a standard network: see IHelped.With");
        using var scope = NewDisposeScope();
        return CrossEntropy(f(x + 2 * (xAdv - x)), Labels(g, xAdv)).MoveToOuterDisposeScope();
    }

    private static Tensor Labels(Classifier g, Tensor xAdv)
    {
        using var frozen = no_grad();
        return g(xAdv).argmax(1);
    }
}
