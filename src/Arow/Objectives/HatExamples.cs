namespace Arow.Objectives;

/// <summary>HAT's helper term: images at twice the perturbation, with the predicted label of the adversarial image.</summary>
internal static class HatExamples
{
    /// <summary>CE(f(x + 2(x' − x)), argmax g(x')). The images may leave [0, 1], as published.</summary>
    /// <param name="standard">g, in evaluation mode.</param>
    public static LossTerm CrossEntropy(Classifier? standard) => new(b => Losses.CrossEntropy(
        b.F(b.X + 2 * (b.XAdv - b.X)),
        Labels(standard ?? throw new InvalidOperationException("helper images need a standard network: see IUsesAuxiliaryModel"), b.XAdv)));

    private static Tensor Labels(Classifier g, Tensor xAdv)
    {
        using var frozen = no_grad();
        return g(xAdv).argmax(1);
    }
}
