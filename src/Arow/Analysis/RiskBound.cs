using Arow.Statistics;

namespace Arow.Analysis;

/// <summary>
/// The terms of one image in the risks and their bounds. z is a point of the ball where the prediction differs from F(x), if
/// the attack has found one; otherwise all but the natural error is zero.
/// </summary>
/// <param name="Natural">1{F(x) ≠ y}.</param>
/// <param name="Robust">1{F(x) ≠ y or F(z) ≠ y}.</param>
/// <param name="Arow">1{F(x) ≠ y} + 1{F(x) ≠ F(z)} · 1{q_y(z) ≤ 1/2}.</param>
/// <param name="Smooth">1{F(x) ≠ y} + 1{F(x) ≠ F(z)} · 2(1 − q_y(z)).</param>
/// <param name="Trades">1{F(x) ≠ y} + 1{F(x) ≠ F(z)}.</param>
internal readonly record struct RiskTerms(double Natural, double Robust, double Arow, double Smooth, double Trades)
{
    /// <summary>Computes the terms of an image.</summary>
    public static RiskTerms Compute(AttackedImage image)
    {
        double natural = image.IsCorrect ? 0 : 1, robust = image.Robust ? 0 : 1;
        double differs = image.Flipped != image.Clean ? 1 : 0, doubted = image.FlippedQ <= 0.5 ? 1 : 0;
        return new RiskTerms(
            natural,
            robust,
            natural + differs * doubted,
            natural + differs * 2 * (1 - image.FlippedQ),
            natural + differs);
    }

    /// <summary>Whether the chain of inequalities holds.</summary>
    internal bool HoldsChain => Natural <= Robust && Robust <= Arow && Arow <= Smooth && Arow <= Trades;
}

/// <summary>
/// The bounds that motivate ARoW's regularizer (Yang et al. 2023, theorem 1): R_rob ≤ ARoW's bound ≤ its smooth form, and
/// ARoW's bound ≤ TRADES' bound. On a sample and under an attack they hold exactly, for each image: a robust error that is
/// not a natural error has F(z) ≠ F(x) = y, and a class that is not predicted has a probability of at most 1/2.
/// </summary>
/// <param name="N">Number of images.</param>
/// <param name="Natural">R_nat, with Wilson's interval.</param>
/// <param name="Robust">R_rob under the attack, with Wilson's interval.</param>
/// <param name="Arow">ARoW's bound, with the normal interval: an image contributes 0, 1 or 2, so it is no proportion.</param>
/// <param name="Smooth">Its smooth form, in which 2(1 − q_y) is ARoW's weight, with the normal interval.</param>
/// <param name="Trades">TRADES' bound, with the normal interval.</param>
internal sealed record RiskBound(int N, Estimate Natural, Estimate Robust, Estimate Arow, Estimate Smooth, Estimate Trades)
{
    /// <summary>
    /// Number of natural errors whose prediction the attack changed: the whole excess of the bounds over R_rob. TRADES' bound
    /// counts all of them, ARoW's bound those of <see cref="WrongAndDoubted"/>.
    /// </summary>
    public required int WrongAndMoved { get; init; }

    /// <summary>Those of <see cref="WrongAndMoved"/> whose true class has a probability of at most 1/2 at z.</summary>
    public required int WrongAndDoubted { get; init; }

    /// <summary>Computes the risks and bounds, and verifies the chain of inequalities.</summary>
    /// <param name="images">At least one.</param>
    /// <exception cref="InvalidOperationException">The chain does not hold: predictions and probabilities do not agree.</exception>
    public static RiskBound Compute(IReadOnlyList<AttackedImage> images)
    {
        RiskTerms[] terms = [.. images.Select(RiskTerms.Compute)];
        var broken = Array.FindIndex(terms, t => !t.HoldsChain);
        if (broken >= 0)
        {
            throw new InvalidOperationException(
                $"the bound does not hold at image {images[broken].Index}: {terms[broken]}; "
                + "predictions and probabilities of the model do not agree");
        }
        var moved = images.Where(i => !i.IsCorrect && i.Flipped != i.Clean).ToList();
        return new RiskBound(
            images.Count,
            Estimate.Share((int)terms.Sum(t => t.Natural), images.Count),
            Estimate.Share((int)terms.Sum(t => t.Robust), images.Count),
            Estimate.Mean([.. terms.Select(t => t.Arow)]),
            Estimate.Mean([.. terms.Select(t => t.Smooth)]),
            Estimate.Mean([.. terms.Select(t => t.Trades)]))
        {
            WrongAndMoved = moved.Count, WrongAndDoubted = moved.Count(i => i.FlippedQ <= 0.5),
        };
    }
}
