using Arow.Attacks;
using Arow.Tests.Golden;

namespace Arow.Tests.Unit.Attacks;

/// <summary>FAB, FAB-T and Square on images of odd shapes and few or many classes, and in batches cut in every way.</summary>
public sealed class FabAndSquareShapes
{
    private static readonly Dictionary<Norm, double> Sizes = new() { [Norm.Linf] = 0.05, [Norm.L2] = 0.3, [Norm.L1] = 1.5 };

    public static TheoryData<string, Norm> All
    {
        get
        {
            var all = new TheoryData<string, Norm>();
            foreach (var attack in (string[])["fab", "fab-t", "square"])
            {
                foreach (var norm in Sizes.Keys) all.Add(attack, norm);
            }
            return all;
        }
    }

    [Theory, MemberData(nameof(All))]
    public void What_a_sample_receives_depends_on_no_batch_and_no_order(string name, Norm norm)
    {
        // In float64, so that sums taken in another order cannot turn a comparison.
        using var scope = NewDisposeScope();
        const int N = 16;
        var (attack, f) = (Attack(name, norm, steps: 6, queries: 30), Network(5, 2, 6, 5));
        var x = Reference.Image([N, 2, 6, 5], 0.83, 0.4);
        var y = f(x).argmax(1);
        var together = InChunks(arange(N, dtype: ScalarType.Int64), 250);
        Assert.True((together != x).any().item<bool>());

        var shuffled = (arange(N, dtype: ScalarType.Int64) * 7 + 3) % N;
        foreach (var (order, size) in new[] { (arange(N, dtype: ScalarType.Int64), 1), (arange(N, dtype: ScalarType.Int64), 7), (shuffled, 250), (shuffled, 7) })
            Assert.True((InChunks(order, size) - together.index_select(0, order)).abs().max().item<double>() < 1e-9);

        Tensor InChunks(Tensor order, int size) => cat([.. order.split(size).Select(rows =>
            attack.Perturb(f, x.index_select(0, rows), y.index_select(0, rows), Noise.Keyed(7, rows)))]);
    }

    [Theory, MemberData(nameof(All))]
    public void Any_shape_and_any_number_of_classes_will_do(string name, Norm norm)
    {
        (int Classes, int Channels, int H, int W)[] shapes =
        [
            (2, 1, 5, 5), (3, 2, 4, 7), (4, 3, 9, 3), (9, 8, 6, 6), (1000, 3, 5, 6), (10, 1, 1, 1), (3, 3, 2, 2), (2, 1, 11, 1), (2, 4, 1, 6),
        ];
        foreach (var (classes, channels, h, w) in shapes)
        {
            foreach (var published in (bool[])[false, true])
            {
                using var scope = NewDisposeScope();
                var (attack, f) = (Attack(name, norm, steps: classes > 100 ? 1 : 2, queries: 12), Network(classes, channels, h, w));
                var x = Reference.Image([3, channels, h, w], 0.83, 0.4).to(ScalarType.Float32);
                var y = f(x).argmax(1);
                var noise = published ? Noise.Published(0) : Noise.Keyed(0, arange(3, dtype: ScalarType.Int64));
                var xAdv = attack.Perturb(f, x, y, noise);
                Assert.Equal(x.shape, xAdv.shape);
                // Not-a-number passes no comparison. Published L1 adds up what it could have rounded to the box.
                Assert.True((xAdv >= -1e-6).all().item<bool>() && (xAdv <= 1 + 1e-6).all().item<bool>(), $"{classes} {channels}×{h}×{w}");
                Assert.True(attack.Threat.Distance(xAdv, x).max().item<double>() <= attack.Threat.Epsilon + 2 * attack.Threat.Rounding(x[0].numel()));
            }
        }
    }

    private static IAttack Attack(string name, Norm norm, int steps, int queries)
    {
        var threat = new ThreatModel(norm, Sizes[norm]);
        return name == "square" ? new Square(threat, queries, Restarts: 2) : new Fab(threat, name == "fab-t", steps, Restarts: 2, Targets: 3);
    }

    /// <summary>Two layers with a bend between them.</summary>
    private static Classifier Network(int classes, int channels, int h, int w)
    {
        var pixels = channels * h * w;
        var (first, second) = (Reference.Wave([12, pixels], 1.7, 0.2) / Math.Sqrt(pixels), Reference.Wave([classes, 12], 2.3, 0.4));
        return x => F.linear(F.linear((x.to(ScalarType.Float64).flatten(1) - 0.5) * 4, first).tanh(), second).to(x.dtype);
    }
}
