namespace Arow.Evaluation;

/// <summary>Rounds adversarial images to 8 bits a pixel.</summary>
internal static class EightBitRounding
{
    private const float Levels = 255;

    /// <summary>
    /// Rounds every pixel to a multiple of 1/255: to the nearest level if the image stays in the ball;
    /// otherwise to the nearest level towards the original, which is on the grid itself, so that no pixel moves
    /// further: rounding must not make an attack stronger than its threat model.
    /// </summary>
    /// <param name="xAdv">[N, C, H, W], in the ball and the box.</param>
    /// <param name="x">[N, C, H, W], the originals, on whole levels.</param>
    /// <param name="threat">The threat model.</param>
    public static Tensor Round(Tensor xAdv, Tensor x, ThreatModel threat)
    {
        using var scope = NewDisposeScope();
        var level = (x * Levels).round();
        var moved = xAdv * Levels - level;
        var nearest = (level + moved.round()) / Levels;
        var inwards = (level + moved.trunc()) / Levels;
        var inside = threat.Distance(nearest, x) <= threat.Epsilon + threat.Rounding(x[0].numel());
        return where(inside.reshape(-1, 1, 1, 1), nearest, inwards).clamp(0, 1).MoveToOuterDisposeScope();
    }
}
