namespace Arow.Evaluation;

/// <summary>Adversarial images as a file of 8 bits a pixel can hold them.</summary>
internal static class EightBitRounding
{
    private const float Levels = 255;

    /// <summary>
    /// The images with every pixel on a whole level of 255. The nearest level is taken where the image stays in the ball;
    /// elsewhere the nearest level on the way back to the original, which is on the grid itself, so that no pixel moves
    /// further than it did: rounding must not make an attack stronger than its threat model.
    /// </summary>
    /// <param name="xAdv">[N, C, H, W], in the ball and the box.</param>
    /// <param name="x">[N, C, H, W], the originals, on whole levels.</param>
    /// <param name="threat">The ball.</param>
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
