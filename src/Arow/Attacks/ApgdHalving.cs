namespace Arow.Attacks;

/// <summary>
/// APGD's step rule for L∞ and L2 (Croce and Hein 2020, section 3). The first step size is 2ε; a quarter of each step is
/// momentum. At checkpoints the step size is halved for samples whose loss rose in too few of the steps since the last
/// checkpoint, or whose best loss has not improved since then although the step size was not halved.
/// </summary>
internal sealed class ApgdHalving : IApgdGait
{
    private const double Enough = 0.75;
    private const double Gradient = 0.75;

    private readonly ThreatModel _threat;
    private readonly Tensor _centre, _step, _rises, _valuesBefore, _bestBefore, _halvedBefore;
    private readonly int _shorter, _shortest;
    private int _period, _taken;
    private bool _walking;

    /// <param name="threat">The ball.</param>
    /// <param name="centre">The clean images.</param>
    /// <param name="steps">Steps of the whole run; the first checkpoint is after 22 % of them, later periods get shorter.</param>
    /// <param name="values">The loss at the start.</param>
    /// <param name="rules">The rules of the algorithm or of the published code.</param>
    public ApgdHalving(ThreatModel threat, Tensor centre, int steps, Tensor values, ApgdRules rules)
    {
        (_threat, _centre) = (threat, centre);
        _period = Math.Max((int)(0.22 * steps), 1);
        _shorter = Math.Max((int)(0.03 * steps), 1);
        _shortest = Math.Max((int)(0.06 * steps), 1);
        _step = full([centre.shape[0], 1, 1, 1], 2 * threat.Epsilon, centre.dtype, centre.device);
        _rises = zeros_like(values);
        _bestBefore = values.clone();
        _halvedBefore = ones_like(values, ScalarType.Bool);
        _valuesBefore = rules.ValuesBefore(values);
    }

    public Tensor Step(Tensor x, Tensor before, Tensor g)
    {
        using var scope = NewDisposeScope();
        var share = _walking ? Gradient : 1;
        _walking = true;
        var z = _threat.Project(x + _step * _threat.Uphill(x, g), _centre);
        return _threat.Project(x + (z - x) * share + (x - before) * (1 - share), _centre).MoveToOuterDisposeScope();
    }

    public Tensor? Judge(Tensor values, Tensor best, Tensor xBest)
    {
        using var scope = NewDisposeScope();
        _rises.add_(values > _valuesBefore);
        _valuesBefore.copy_(values);
        if (++_taken < _period) return null;

        var stuck = (_rises <= Enough * _period) | (~_halvedBefore & (_bestBefore >= best));
        _step.mul_(where(stuck, 0.5, 1.0).reshape(_step.shape));
        _halvedBefore.copy_(stuck);
        _bestBefore.copy_(best);
        _rises.zero_();
        (_taken, _period) = (0, Math.Max(_period - _shorter, _shortest));
        return stuck.MoveToOuterDisposeScope();
    }
}
