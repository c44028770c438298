namespace Arow.Objectives;

/// <summary>The help of HAT: what lies twice as far out as the adversarial image is to be taken for what that one looks like.</summary>
internal static class HatExamples
{
    /// <summary>CE(f(x + 2(x' − x)), argmax g(x')). The images may leave [0, 1], as published.</summary>
    /// <param name="standard">g, in evaluation mode.</param>
    public static LossTerm CrossEntropy(Classifier? standard) => new(b => Losses.CrossEntropy(
        b.F(b.X + 2 * (b.XAdv - b.X)),
        Labels(standard ?? throw new InvalidOperationException("helper images need a standard network: see IHelped.With"), b.XAdv)));

    private static Tensor Labels(Classifier g, Tensor xAdv)
    {
        using var frozen = no_grad();
        return g(xAdv).argmax(1);
    }
}
