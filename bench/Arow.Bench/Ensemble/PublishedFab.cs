namespace Arow.Bench.Ensemble;

/// <summary>
/// Published FAB-T (fab_base.py, fab_pt.py, fab_projections.py), L∞, one restart: every image to the last step of every
/// target, gradients of the weights with those of the images, projections that sort all pixels.
/// </summary>
internal sealed class PublishedFab(Classifier model, double ε) : IPublishedAttack
{
    private const int Steps = 100;
    private const int Targets = 9;

    public Tensor Perturb(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var adv = x.clone();
        var acc = model(x).argmax(1) == y;
        for (var target = 2; target < Targets + 2; target++)
        {
            using var turn = NewDisposeScope();
            var standing = acc.nonzero().squeeze(1);
            if (standing.numel() == 0) break;
            var (xLeft, yLeft) = (x[standing].clone(), y[standing].clone());
            var found = Run(xLeft, yLeft, target);
            var accNow = (model(found).argmax(1) == yLeft) | ((xLeft - found).abs().reshape(xLeft.shape[0], -1).max(1).values > ε);
            var fooled = (accNow == 0).nonzero().squeeze(1);
            acc[standing[fooled]] = false;
            adv[standing[fooled]] = found[fooled].clone();
        }
        return adv.MoveToOuterDisposeScope();
    }

    private Tensor Run(Tensor x, Tensor y, int target)
    {
        using var scope = NewDisposeScope();
        var right = (model(x).argmax(1) == y).nonzero().squeeze(1);
        var towards = model(x).sort(dim: -1).Indices[.., -target][right];
        var (im, la) = (x[right].clone(), y[right].clone());
        var n = im.shape[0];
        var (adv, nearest, x1, x0) = (im.clone(), 1e10 * ones(n), im.clone(), im.clone().reshape(n, -1));
        for (var step = 0; step < Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var (df, dg) = Boundary(x1, la, towards);
            var b = -df + (dg * x1).reshape(n, -1).sum(-1);
            var w = dg.reshape(n, -1);
            var d3 = Projection(cat([x1.reshape(n, -1), x0], 0), cat([w, w], 0), cat([b, b], 0));
            var (d1, d2) = (d3[..(int)n].reshape(x1.shape), d3[(int)n..].reshape(x1.shape));
            var a0 = d3.abs().max(1, keepdim: true).values.view(-1, 1, 1, 1);
            a0 = a0.maximum(1e-8 * ones(a0.shape));
            var (a1, a2) = (a0[..(int)n], a0[(int)n..]);
            var alpha = (a1 / (a1 + a2)).maximum(zeros(a1.shape)).minimum(0.1 * ones(a1.shape));
            x1 = ((x1 + 1.05 * d1) * (1 - alpha) + (im + d2 * 1.05) * alpha).clamp(0, 1);

            var turned = model(x1).argmax(1) != la;
            if (turned.sum().item<long>() > 0)
            {
                var which = turned.nonzero().squeeze(1);
                var t = (x1[which] - im[which]).reshape(which.shape[0], -1).abs().max(1).values;
                var nearer = (t < nearest[which]).to(ScalarType.Float32);
                var mask = nearer.reshape(-1, 1, 1, 1);
                adv[which] = x1[which] * mask + adv[which] * (1 - mask);
                nearest[which] = t * nearer + nearest[which] * (1 - nearer);
                x1[which] = im[which] + (x1[which] - im[which]) * 0.9;
            }
            x1.MoveToOuterDisposeScope();
        }
        var result = x.clone();
        var met = (nearest < 1e10).nonzero().squeeze(1);
        result[right[met]] = adv[met].clone();
        return result.MoveToOuterDisposeScope();
    }

    private (Tensor Gap, Tensor Gradient) Boundary(Tensor x, Tensor y, Tensor target)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var u = arange(x.shape[0]);
        var leaf = x.clone().detach().requires_grad_();
        var z = model(leaf);
        var gap = -(z[u, y] - z[u, target]);
        // Of all leaves, as published: the weights' too.
        gap.sum().backward();
        return (gap.detach().MoveToOuterDisposeScope(), leaf.grad!.detach().MoveToOuterDisposeScope());
    }

    private static Tensor Projection(Tensor t, Tensor wGiven, Tensor bGiven)
    {
        using var scope = NewDisposeScope();
        var (w, b) = (wGiven.clone(), bGiven.clone());
        var sign = 2 * ((w * t).sum(1) - b >= 0).to(ScalarType.Float32) - 1;
        w.mul_(sign.unsqueeze(1));
        b.mul_(sign);
        var a = (w < 0).to(ScalarType.Float32);
        var d = (a - t) * (w != 0).to(ScalarType.Float32);
        var p = a - t * (2 * a - 1);
        var order = p.argsort(1);
        b = b - (w * t).sum(1);
        var b0 = (w * d).sum(1);

        var descending = order.flip(1);
        var ws = w.gather(1, descending);
        var s = ws.abs().cumsum(1);
        var sb = (-ws * d.gather(1, descending)).cumsum(1) + b0.unsqueeze(1);
        var b2 = sb[.., -1] - s[.., -1] * p.gather(1, order[.., ..1]).squeeze(1);
        var low = b - b2 > 0;
        var inside = (b - b0 > 0) & low.logical_not();
        var rows = inside.nonzero().squeeze(1);
        var lb = zeros(rows.shape[0]);
        var ub = full_like(lb, w.shape[1] - 1);
        var (orderIn, sbIn, sIn, pIn, bIn) = (order[rows], sb[rows], s[rows], p[rows], b[rows]);
        for (var i = 0; i < Math.Ceiling(Math.Log2(w.shape[1])); i++)
        {
            var middle = ((lb + ub) / 2).floor();
            var at = middle.to(ScalarType.Int64).unsqueeze(1);
            var current = orderIn.gather(1, orderIn.shape[1] - 1 - at);
            var c = bIn - (sbIn.gather(1, at) - sIn.gather(1, at) * pIn.gather(1, current)).squeeze(1) > 0;
            (lb, ub) = (where(c, middle, lb), where(c, ub, middle));
        }

        var lowest = low.nonzero().squeeze(1);
        if (lowest.numel() > 0)
        {
            var λ = ((b[lowest] - sb[lowest][.., -1]) / -s[lowest][.., -1]).clamp_min(0).unsqueeze(-1);
            d[lowest] = (2 * a[lowest] - 1) * λ;
        }
        var place = lb.to(ScalarType.Int64).unsqueeze(1);
        var λIn = ((bIn - sbIn.gather(1, place).squeeze(1)) / -sIn.gather(1, place).squeeze(1)).clamp_min(0).unsqueeze(-1);
        d[rows] = λIn.minimum(d[rows]) * a[rows] + (-λIn).maximum(d[rows]) * (1 - a[rows]);
        return (d * (w != 0).to(ScalarType.Float32)).MoveToOuterDisposeScope();
    }
}
