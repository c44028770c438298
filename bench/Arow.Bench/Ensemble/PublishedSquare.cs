namespace Arow.Bench.Ensemble;

/// <summary>Published Square (square.py), L∞, one restart: one square for all images of a batch at each query.</summary>
internal sealed class PublishedSquare(Classifier model, double ε) : IPublishedAttack
{
    private const int Queries = 5000;

    private static readonly int[] Halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

    public Tensor Perturb(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var adv = x.clone();
        var standing = (model(x).argmax(1) == y).nonzero().squeeze(1);
        if (standing.numel() == 0) return adv.MoveToOuterDisposeScope();
        var (xLeft, yLeft) = (x[standing].clone(), y[standing].clone());
        var found = Run(xLeft, yLeft);
        var fooled = (model(found).argmax(1) != yLeft).nonzero().squeeze(1);
        adv[standing[fooled]] = found[fooled].clone();
        return adv.MoveToOuterDisposeScope();
    }

    private Tensor Run(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var xBest = (x + ε * Signs(n, c, 1, w)).clamp(0, 1);
        var marginMin = Margin(xBest, y);
        for (var query = 0; query < Queries; query++)
        {
            using var iteration = NewDisposeScope();
            var left = (marginMin > 0).nonzero().squeeze(1);
            if (left.numel() == 0) break;
            var (xNow, bestNow, yNow, marginNow) = (x[left], xBest[left], y[left], marginMin[left]);
            var side = (int)Math.Min(Math.Max(Math.Round(Math.Sqrt(0.8 / (1 << Halvings.Count(after => query > after)) * h * w)), 1), Math.Min(h, w));
            var (row, column) = (Place(h - side), Place(w - side));
            var δ = zeros(c, h, w);
            δ[.., row..(row + side), column..(column + side)] = 2 * ε * Signs(c, 1, 1);
            var xNew = (bestNow + δ).maximum(xNow - ε).minimum(xNow + ε).clamp(0, 1);

            var margin = Margin(xNew, yNow);
            var better = (margin < marginNow).to(ScalarType.Float32).maximum((margin <= 0).to(ScalarType.Float32));
            marginMin[left] = better * margin + (1 - better) * marginNow;
            var mask = better.reshape(-1, 1, 1, 1);
            xBest[left] = mask * xNew + (1 - mask) * bestNow;
        }
        return xBest.MoveToOuterDisposeScope();
    }

    private Tensor Margin(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var z = model(x);
        var u = arange(x.shape[0]);
        // Computed whatever the loss, as published.
        F.cross_entropy(z, y, reduction: nn.Reduction.None);
        var own = z[u, y].clone();
        z[u, y] = full([], double.NegativeInfinity, z.dtype);
        return (own - z.amax([1])).MoveToOuterDisposeScope();
    }

    private static Tensor Signs(params long[] shape) => (2 * rand(shape) - 1).sign();

    private static int Place(long high) => (int)(high * rand(1)).to(ScalarType.Int64).item<long>();
}
