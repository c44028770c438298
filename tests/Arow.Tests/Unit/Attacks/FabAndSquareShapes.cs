namespace Arow.Tests.Unit.Attacks;

/// <summary>FAB, FAB-T and Square on images of odd shapes and few or many classes, and in batches cut in every way.</summary>
public sealed class FabAndSquareShapes
{
    private static readonly Dictionary<Norm, double> Sizes = new() { [Norm.Linf] = 0.05, [Norm.L2] = 0.3, [Norm.L1] = 1.5 };

    public static TheoryData<string, Norm> All => OddShapes.Each(["fab", "fab-t", "square"], Sizes.Keys);

    [Theory, MemberData(nameof(All))]
    public void What_a_sample_receives_depends_on_no_batch_and_no_order(string name, Norm norm)
    {
        using var scope = NewDisposeScope();
        const int N = 16;
        var (attack, f) = (Attack(name, norm, steps: 6, queries: 30), OddShapes.Network(5, 2, 6, 5));
        var x = Reference.Image([N, 2, 6, 5], 0.83, 0.4);
        var xAdv = OddShapes.InAnyBatch(attack, f, x, f(x).argmax(1));
        Assert.True((xAdv != x).any().item<bool>());
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
                var (attack, f) = (Attack(name, norm, steps: classes > 100 ? 1 : 2, queries: 12), OddShapes.Network(classes, channels, h, w));
                var x = Reference.Image([3, channels, h, w], 0.83, 0.4).to(ScalarType.Float32);
                var y = f(x).argmax(1);
                var noise = published ? Noise.Published(0) : Noise.Keyed(0, arange(3, dtype: ScalarType.Int64));
                var xAdv = attack.With(published ? Fidelity.Published : Fidelity.Corrected).Perturb(f, x, y, noise);
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
}
