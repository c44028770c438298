namespace Arow.Attacks;

/// <summary>
/// DeepFool (Moosavi-Dezfooli, Fawzi, Frossard 2016): linearises the classifier, steps onto the nearest of its decision
/// boundaries, and repeats until the predicted class changes. With f_k = z_k − z_y and w_k its gradient, the distance to
/// the boundary of class k is |f_k| / ‖w_k‖ in the dual norm, L2 for L2 and L1 for L∞. The attack returns images of the
/// ball: perturbations larger than ε are projected. Images misclassified from the start are returned unchanged.
/// </summary>
/// <param name="Threat">The perturbations allowed, in L2 or L∞.</param>
/// <param name="Steps">Maximum number of steps, at least 1; 50 as published.</param>
/// <param name="Candidates">Number of other classes considered, most likely first, at least 1; 9 in the authors' code.</param>
public sealed record DeepFool(ThreatModel Threat, int Steps = 50, int Candidates = 9) : IAttack
{
    /// <summary>Upper bound on a step: far beyond the box, which a step along a gradient of almost zero leaves anyway.</summary>
    private const double MaximumStep = 1e6;

    /// <inheritdoc/>
    public ThreatModel Threat { get; } = SupportedNorms.Require("deepfool", Threat, Norm.L2, Norm.Linf);

    /// <summary>η ≥ 0, the relative overshoot of the whole perturbation, so that it ends beyond the boundary; 0.02 as published.</summary>
    public double Overshoot { get; init; } = 0.02;

    /// <inheritdoc/>
    public string Name => "deepfool";

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => 2L * Steps * (1 + Math.Min(Candidates, classes - 1));

    bool IAttack.PassesAreObservable => false;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var nearest = new NearestAdversarials(Threat, f, x, y);
        var candidates = TopOtherClasses(f(x), y);
        var xAdv = x.clone();
        for (var step = 0; step < Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var rows = nearest.PendingRows();
            if (rows.shape[0] == 0) break;
            var (z, label) = (xAdv.index_select(0, rows), y.index_select(0, rows));
            z = (z + Step(f, z, label, candidates.index_select(0, rows))).clamp(0, 1);
            // As in the paper, the whole perturbation overshoots; in published code every step does. Where the boundary is
            // curved, steps fall short of it by more than η of their own length and end on it, but not beyond it.
            var origin = x.index_select(0, rows);
            var overshot = (origin + (1 + Overshoot) * (z - origin)).clamp(0, 1);
            nearest.Update(rows, overshot, f(overshot).argmax(1) != label);
            xAdv.index_copy_(0, rows, z);
        }
        return nearest.ProjectedOntoBall().MoveToOuterDisposeScope();
    }

    /// <summary>Returns classes other than the true one, by decreasing logit: [N, R].</summary>
    private Tensor TopOtherClasses(Tensor z, Tensor y)
    {
        using var scope = NewDisposeScope();
        var others = z.scatter(1, y.unsqueeze(1), full([y.shape[0], 1], double.NegativeInfinity, z.dtype, z.device));
        return others.topk((int)Math.Min(Candidates, z.shape[1] - 1), dim: 1).indexes.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Computes the step from every image to the nearest boundary of the linearised classifier, with one backward pass for
    /// each rival.
    /// </summary>
    private Tensor Step(Classifier f, Tensor x, Tensor y, Tensor candidates)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = x.detach().requires_grad_();
        var z = f(leaf);
        var lead = z.gather(1, candidates) - z.gather(1, y.unsqueeze(1));
        var shortest = full([x.shape[0], 1, 1, 1], double.PositiveInfinity, x.dtype, x.device);
        var step = zeros_like(x);
        var count = candidates.shape[1];
        for (var k = 0; k < count; k++)
        {
            using var iteration = NewDisposeScope();
            var fk = lead[.., k];
            fk.sum().backward(inputs: [leaf], retain_graph: k < count - 1);
            using var noGrad = no_grad();
            var w = leaf.grad!;
            var dual = Threat.Norm == Norm.L2
                ? w.square().sum([1, 2, 3], keepdim: true).sqrt()
                : w.abs().sum([1, 2, 3], keepdim: true);
            var distance = (fk.detach().reshape(-1, 1, 1, 1).abs() / dual.clamp_min(1e-30)).clamp_max(MaximumStep);
            var direction = Threat.Norm == Norm.L2 ? w / dual.clamp_min(1e-30) : w.sign();
            step.copy_(where(distance < shortest, distance * direction, step));
            shortest.copy_(shortest.minimum(distance));
            w.zero_();
        }
        return step.MoveToOuterDisposeScope();
    }
}
