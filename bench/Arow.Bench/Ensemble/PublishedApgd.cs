namespace Arow.Bench.Ensemble;

/// <summary>
/// Published APGD (autopgd_base.py), L∞, one restart, without change to what it computes and in what order: all images of
/// a batch to the last step, records of all steps, a new mask of indices wherever it makes one.
/// </summary>
/// <param name="model">Images to logits; its parameters have gradients, as published.</param>
/// <param name="ε">The radius.</param>
/// <param name="targets">Wrong classes tried by the targeted version; 0 for cross-entropy.</param>
internal sealed class PublishedApgd(Classifier model, double ε, int targets) : IPublishedAttack
{
    private const int Steps = 100;

    public Tensor Perturb(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var acc = model(x).argmax(1) == y;
        var adv = x.clone();
        for (var target = 0; target < Math.Max(targets, 1); target++)
        {
            using var turn = NewDisposeScope();
            var standing = acc.nonzero().squeeze(1);
            if (standing.numel() == 0) break;
            var (xLeft, yLeft) = (x[standing].clone(), y[standing].clone());
            var towards = targets == 0 ? null : model(xLeft).sort(dim: 1).Indices[.., -2 - target];
            var (accNow, advNow) = Run(xLeft, yLeft, towards);
            var fooled = (accNow == 0).nonzero().squeeze(1);
            acc[standing[fooled]] = false;
            adv[standing[fooled]] = advNow[fooled].clone();
        }
        return adv.MoveToOuterDisposeScope();
    }

    private (Tensor Standing, Tensor Adversarial) Run(Tensor x, Tensor y, Tensor? target)
    {
        using var scope = NewDisposeScope();
        var n = x.shape[0];
        var t = 2 * rand(x.shape) - 1;
        t /= t.abs().view(n, -1).max(1).values.view(-1, 1, 1, 1) + 1e-12;
        var xAdv = (x + ε * ones_like(x) * t).clamp(0, 1);
        var (xBest, xBestAdv) = (xAdv.clone(), xAdv.clone());
        var lossSteps = zeros(Steps, n);
        var (logits, losses, grad) = Look(xAdv, y, target);
        var gradBest = grad.clone();
        var acc = logits.argmax(1) == y;
        var lossBest = losses.clone();

        var stepSize = 2 * ε * ones(n, 1, 1, 1);
        var xOld = xAdv.clone();
        var (period, since) = (Math.Max((int)(0.22 * Steps), 1), 0);
        var (bestAtCheck, reducedAtCheck) = (lossBest.clone(), ones_like(lossBest));
        for (var i = 0; i < Steps; i++)
        {
            using var iteration = NewDisposeScope();
            var momentum = xAdv - xOld;
            xOld = xAdv.clone();
            var a = i > 0 ? 0.75 : 1;
            var moved = Into(xAdv + stepSize * grad.sign());
            moved = Into(xAdv + (moved - xAdv) * a + momentum * (1 - a));
            xAdv = moved + 0.0;
            (logits, losses, grad) = Look(xAdv, y, target);

            var right = logits.argmax(1) == y;
            acc = acc.minimum(right);
            var wrong = (right == 0).nonzero().squeeze(1);
            xBestAdv[wrong] = xAdv[wrong] + 0.0;

            lossSteps[i] = losses + 0.0;
            var higher = (losses > lossBest).nonzero().squeeze(1);
            xBest[higher] = xAdv[higher].clone();
            gradBest[higher] = grad[higher].clone();
            lossBest[higher] = losses[higher] + 0.0;

            if (++since == period)
            {
                var rises = zeros(n);
                for (var back = 0; back < period; back++)
                    rises += (lossSteps[i - back] > lossSteps[i - back > 0 ? i - back - 1 : Steps - 1]).to(ScalarType.Float32);
                var stuck = (rises <= period * 0.75 * ones_like(rises)).to(ScalarType.Float32);
                stuck = stuck.maximum((1 - reducedAtCheck) * (bestAtCheck >= lossBest).to(ScalarType.Float32));
                (reducedAtCheck, bestAtCheck) = (stuck.clone(), lossBest.clone());
                var which = (stuck > 0).nonzero().squeeze(1);
                stepSize[which] = stepSize[which] / 2;
                xAdv[which] = xBest[which].clone();
                grad[which] = gradBest[which].clone();
                (period, since) = (Math.Max(period - Math.Max((int)(0.03 * Steps), 1), Math.Max((int)(0.06 * Steps), 1)), 0);
                bestAtCheck.MoveToOuterDisposeScope();
                reducedAtCheck.MoveToOuterDisposeScope();
            }
            foreach (var kept in (Tensor[])[xAdv, xOld, grad, acc]) kept.MoveToOuterDisposeScope();
        }
        return (acc.MoveToOuterDisposeScope(), xBestAdv.MoveToOuterDisposeScope());

        Tensor Into(Tensor z) => z.maximum(x - ε).minimum(x + ε).clamp(0, 1);
    }

    private (Tensor Logits, Tensor Losses, Tensor Gradient) Look(Tensor x, Tensor y, Tensor? target)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = x.detach().requires_grad_();
        var z = model(leaf);
        var losses = target is null ? F.cross_entropy(z, y, reduction: nn.Reduction.None) : TargetedDlr(z, y, target);
        var g = autograd.grad([losses.sum()], [leaf])[0];
        return (z.detach().MoveToOuterDisposeScope(), losses.detach().MoveToOuterDisposeScope(), (zeros_like(x) + g).MoveToOuterDisposeScope());
    }

    private static Tensor TargetedDlr(Tensor z, Tensor y, Tensor t)
    {
        var sorted = z.sort(dim: 1).Values;
        var u = arange(z.shape[0]);
        return -(z[u, y] - z[u, t]) / (sorted[.., -1] - 0.5 * (sorted[.., -3] + sorted[.., -4]) + 1e-12);
    }
}
