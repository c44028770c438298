namespace Arow.Attacks;

/// <summary>
/// APGD's step rule for L∞ and L2 (Croce and Hein 2020, section 3). The first step size is 2ε; a quarter of each step is
/// momentum. At checkpoints the step size is halved for samples whose loss rose in too few of the steps since the last
/// checkpoint, or whose best loss has not improved since then although the step size was not halved.
/// </summary>
internal sealed class HalvingStepRule : IApgdStepRule
{
    private const double SufficientShare = 0.75;
    private const double GradientShare = 0.75;

    private readonly ThreatModel ball;
    private readonly Tensor originals, stepSize, rises, previousLoss, checkpointBest, checkpointHalved;
    private readonly int periodDecrement, minimumPeriod;
    private int period, stepsInPeriod;
    private bool hasMoved;

    /// <param name="threat">The ball.</param>
    /// <param name="centre">The clean images.</param>
    /// <param name="steps">Steps of the whole run; the first checkpoint is after 22 % of them, later periods get shorter.</param>
    /// <param name="values">The loss at the start.</param>
    /// <param name="rules">The rules of the algorithm or of the published code.</param>
    public HalvingStepRule(ThreatModel threat, Tensor centre, int steps, Tensor values, ApgdRules rules)
    {
        (ball, originals) = (threat, centre);
        period = Math.Max((int)(0.22 * steps), 1);
        periodDecrement = Math.Max((int)(0.03 * steps), 1);
        minimumPeriod = Math.Max((int)(0.06 * steps), 1);
        stepSize = full([centre.shape[0], 1, 1, 1], 2 * threat.Epsilon, centre.dtype, centre.device);
        rises = zeros_like(values);
        checkpointBest = values.clone();
        checkpointHalved = ones_like(values, ScalarType.Bool);
        previousLoss = rules.InitialLoss(values);
    }

    public Tensor Step(Tensor x, Tensor previous, Tensor g)
    {
        using var scope = NewDisposeScope();
        var gradientShare = hasMoved ? GradientShare : 1;
        hasMoved = true;
        var z = ball.Project(x + stepSize * ball.SteepestAscent(x, g), originals);
        return ball.Project(x + (z - x) * gradientShare + (x - previous) * (1 - gradientShare), originals).MoveToOuterDisposeScope();
    }

    public Tensor? Adapt(Tensor loss, Tensor bestLoss, Tensor xBest)
    {
        using var scope = NewDisposeScope();
        rises.add_(loss > previousLoss);
        previousLoss.copy_(loss);
        if (++stepsInPeriod < period) return null;

        var stuck = (rises <= SufficientShare * period) | (~checkpointHalved & (checkpointBest >= bestLoss));
        stepSize.mul_(where(stuck, 0.5, 1.0).reshape(stepSize.shape));
        checkpointHalved.copy_(stuck);
        checkpointBest.copy_(bestLoss);
        rises.zero_();
        (stepsInPeriod, period) = (0, Math.Max(period - periodDecrement, minimumPeriod));
        return stuck.MoveToOuterDisposeScope();
    }
}
