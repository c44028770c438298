namespace Arow.Attacks;

/// <summary>
/// APGD's step rule for L1 (Croce and Hein 2021): steps along the signs of the largest gradient entries, with a first
/// step size of ε. At checkpoints, after every 4 % of the steps, the number of pixels of a step becomes two thirds of
/// those that the best point changes. Where that number has clearly decreased the step size is reset to ε; elsewhere it
/// is reduced.
/// </summary>
internal sealed class SparseStepRule : IApgdStepRule
{
    private const double InitialShare = 0.2;
    private const double SparserRatio = 0.95;
    private const double StepDivisor = 1.5;
    private const double MinimumStepShare = 0.1;

    private readonly ThreatModel ball;
    private readonly Tensor originals, stepSize, pixelShare, changedPixels;
    private readonly int period;
    private readonly ApgdRules apgdRules;
    private readonly long pixels;
    private int stepsInPeriod;

    /// <param name="threat">The ball.</param>
    /// <param name="centre">The clean images.</param>
    /// <param name="steps">Steps of the whole run.</param>
    /// <param name="warmStart">The result of an earlier run in a larger ball; null if there was none.</param>
    /// <param name="rules">The rules of the projection.</param>
    public SparseStepRule(ThreatModel threat, Tensor centre, int steps, Tensor? warmStart, ApgdRules rules)
    {
        (ball, originals, apgdRules) = (threat, centre, rules);
        period = Math.Max((int)(0.04 * steps), 1);
        pixels = centre[0].numel();
        stepSize = full([centre.shape[0], 1, 1, 1], threat.Epsilon, centre.dtype, centre.device);
        changedPixels = warmStart is null ? full_like(stepSize, pixels) : CountChanged(warmStart);
        pixelShare = warmStart is null ? full_like(stepSize, InitialShare) : NextShare(changedPixels);
    }

    public Tensor Step(Tensor x, Tensor previous, Tensor g)
    {
        using var scope = NewDisposeScope();
        var magnitude = g.abs();
        var index = ((1 - pixelShare) * pixels).clamp(0, pixels - 1).to(ScalarType.Int64).flatten(1);
        var threshold = magnitude.flatten(1).sort(dim: 1).Values.gather(1, index).reshape(pixelShare.shape);
        var direction = (g * (magnitude >= threshold)).sign();
        var z = x + stepSize * direction / (direction.abs().sum([1, 2, 3], keepdim: true) + 1e-10);
        return apgdRules.ProjectL1(ball, originals, originals + (z - originals), z - originals).MoveToOuterDisposeScope();
    }

    public Tensor? Adapt(Tensor loss, Tensor bestLoss, Tensor xBest)
    {
        using var scope = NewDisposeScope();
        if (++stepsInPeriod < period) return null;

        stepsInPeriod = 0;
        var changed = CountChanged(xBest);
        var sparser = changed / changedPixels < SparserRatio;
        var ε = ball.Epsilon;
        stepSize.copy_(where(sparser, full_like(stepSize, ε), stepSize / StepDivisor).clamp(MinimumStepShare * ε, ε));
        pixelShare.copy_(NextShare(changed));
        changedPixels.copy_(changed);
        return sparser.flatten().MoveToOuterDisposeScope();
    }

    /// <summary>Counts the changed pixels of each image: [N, 1, 1, 1].</summary>
    private Tensor CountChanged(Tensor x) => (x != originals).sum([1, 2, 3], keepdim: true).to(originals.dtype);

    private Tensor NextShare(Tensor changed) => changed / pixels / StepDivisor;
}
