namespace Arow.Attacks;

/// <summary>
/// APGD's step rule for L1 (Croce and Hein 2021): steps along the signs of the largest gradient entries, with a first
/// step size of ε. At checkpoints, after every 4 % of the steps, the number of pixels of a step becomes two thirds of
/// those that the best point changes. Where that number has clearly decreased the step size is reset to ε; elsewhere it
/// is reduced.
/// </summary>
internal sealed class ApgdSparsity : IApgdGait
{
    private const double FirstShare = 0.2;
    private const double Fewer = 0.95;
    private const double Shortening = 1.5;
    private const double ShortestShare = 0.1;

    private readonly ThreatModel _threat;
    private readonly Tensor _centre, _step, _share, _changed;
    private readonly int _period;
    private readonly ApgdRules _rules;
    private readonly long _pixels;
    private int _taken;

    /// <param name="threat">The ball.</param>
    /// <param name="centre">The clean images.</param>
    /// <param name="steps">Steps of the whole run.</param>
    /// <param name="from">The result of an earlier run in a larger ball; null if there was none.</param>
    /// <param name="rules">The rules of the projection.</param>
    public ApgdSparsity(ThreatModel threat, Tensor centre, int steps, Tensor? from, ApgdRules rules)
    {
        (_threat, _centre, _rules) = (threat, centre, rules);
        _period = Math.Max((int)(0.04 * steps), 1);
        _pixels = centre[0].numel();
        _step = full([centre.shape[0], 1, 1, 1], threat.Epsilon, centre.dtype, centre.device);
        _changed = from is null ? full_like(_step, _pixels) : Changed(from);
        _share = from is null ? full_like(_step, FirstShare) : Share(_changed);
    }

    public Tensor Step(Tensor x, Tensor before, Tensor g)
    {
        using var scope = NewDisposeScope();
        var steepness = g.abs();
        var place = ((1 - _share) * _pixels).clamp(0, _pixels - 1).to(ScalarType.Int64).flatten(1);
        var least = steepness.flatten(1).sort(dim: 1).Values.gather(1, place).reshape(_share.shape);
        var direction = (g * (steepness >= least)).sign();
        var z = x + _step * direction / (direction.abs().sum([1, 2, 3], keepdim: true) + 1e-10);
        return _rules.ProjectL1(_threat, _centre, _centre + (z - _centre), z - _centre).MoveToOuterDisposeScope();
    }

    public Tensor? Judge(Tensor values, Tensor best, Tensor xBest)
    {
        using var scope = NewDisposeScope();
        if (++_taken < _period) return null;

        _taken = 0;
        var changed = Changed(xBest);
        var sparser = changed / _changed < Fewer;
        var ε = _threat.Epsilon;
        _step.copy_(where(sparser, full_like(_step, ε), _step / Shortening).clamp(ShortestShare * ε, ε));
        _share.copy_(Share(changed));
        _changed.copy_(changed);
        return sparser.flatten().MoveToOuterDisposeScope();
    }

    /// <summary>Counts the changed pixels of each image: [N, 1, 1, 1].</summary>
    private Tensor Changed(Tensor x) => (x != _centre).sum([1, 2, 3], keepdim: true).to(_centre.dtype);

    private Tensor Share(Tensor changed) => changed / _pixels / Shortening;
}
