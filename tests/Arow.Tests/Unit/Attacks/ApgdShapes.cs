namespace Arow.Tests.Unit.Attacks;

/// <summary>APGD on images of odd shapes and few or many classes, and in batches cut in every way.</summary>
public sealed class ApgdShapes
{
    private static readonly Dictionary<Norm, double> Sizes = new() { [Norm.Linf] = 0.006, [Norm.L2] = 0.04, [Norm.L1] = 0.12 };

    public static TheoryData<string, Norm> All => OddShapes.Each(["apgd-ce", "apgd-dlr", "apgd-t"], Sizes.Keys);

    [Theory, MemberData(nameof(All))]
    public void What_a_sample_receives_depends_on_no_batch_and_no_order(string name, Norm norm)
    {
        using var scope = NewDisposeScope();
        const int N = 16;
        var (attack, f) = (Attack(name, norm, steps: 8), OddShapes.Network(5, 2, 6, 5));
        var x = Reference.Image([N, 2, 6, 5], 0.83, 0.4);
        var y = f(x).argmax(1);
        var xAdv = OddShapes.InAnyBatch(attack, f, x, y);
        // Some fall and some stand, so that batches lose some of their images on the way.
        Assert.InRange((f(xAdv).argmax(1) != y).sum().item<long>(), 1, N - 1);
    }

    [Theory, MemberData(nameof(All))]
    public void Any_shape_and_any_number_of_classes_will_do(string name, Norm norm)
    {
        (int Classes, int Channels, int H, int W)[] shapes =
            [(2, 1, 5, 5), (3, 2, 4, 7), (4, 3, 9, 3), (9, 8, 6, 6), (1000, 3, 5, 6), (10, 1, 1, 1), (2, 1, 11, 1), (3, 8, 1, 6)];
        foreach (var (classes, channels, h, w) in shapes)
        {
            foreach (var published in (bool[])[false, true])
            {
                using var scope = NewDisposeScope();
                var (attack, f) = (Attack(name, norm, steps: 4), OddShapes.Network(classes, channels, h, w));
                var x = Reference.Image([3, channels, h, w], 0.83, 0.4).to(ScalarType.Float32);
                var y = f(x).argmax(1);
                var noise = published ? Noise.Published(0) : Noise.Keyed(0, arange(3, dtype: ScalarType.Int64));
                var xAdv = attack.With(published ? Fidelity.Published : Fidelity.Corrected).Perturb(f, x, y, noise);
                Assert.Equal(x.shape, xAdv.shape);
                // Not-a-number passes no comparison.
                Assert.True(((xAdv >= 0) & (xAdv <= 1)).all().item<bool>(), $"{classes} {channels}×{h}×{w}");
                Assert.True(attack.Threat.Distance(xAdv, x).max().item<double>() <= attack.Threat.Epsilon + attack.Threat.Rounding(x[0].numel()));
                // Keyed, it gives back the point it came nearest to.
                if (!published) Assert.True((Losses.Margin(f(xAdv), y) <= Losses.Margin(f(x), y) + 1e-6).all().item<bool>());
            }
        }
    }

    [Theory]
    [InlineData(2, "apgd-dlr: the DLR loss needs 3 classes and there are 2", "apgd-t: the DLR loss needs 4 classes and there are 2",
        "apgd-t: tried the 1 wrong classes there are instead of 9", "fab-t")]
    [InlineData(3, "apgd-t: the DLR loss needs 4 classes and there are 3: the margin took its place",
        "apgd-t: tried the 2 wrong classes there are instead of 9", "fab-t")]
    [InlineData(4, "apgd-t: tried the 3 wrong classes there are instead of 9", "fab-t")]
    [InlineData(9, "apgd-t: tried the 8 wrong classes there are instead of 9", "fab-t")]
    [InlineData(10)]
    public void What_few_classes_change_is_a_finding_of_the_evaluation(int classes, params string[] says)
    {
        var threat = new ThreatModel(Norm.Linf, 0.01);
        using var scope = NewDisposeScope();
        var f = OddShapes.Network(classes, 1, 4, 4);
        var bytes = (Reference.Image([3, 1, 4, 4], 0.83, 0.4) * 255).round().to(ScalarType.Byte);
        using var images = new ImageSet("made", bytes, f(ImageSet.ToPixels(bytes)).argmax(1), [.. Enumerable.Range(0, classes).Select(k => $"{k}")]);
        IAttack[] attacks = [Apgd.Dlr(threat, new(Steps: 1)), Apgd.Targeted(threat, new(Steps: 1)),
            Fab.Create(threat, new(Steps: 1), targeted: true)];
        var findings = new Evaluator(new AttackRunner(f, images, 3, 0)) { Check = true }.Run(attacks, TestContext.Current.CancellationToken).Findings;
        if (says.Length == 0)
        {
            Assert.DoesNotContain(findings, found => found.Check == "few-classes");
            return;
        }
        var note = Assert.Single(findings, found => found.Check == "few-classes");
        Assert.Equal(FindingLevel.Note, note.Level);
        foreach (var sentence in says) Assert.Contains(sentence, note.Message);
        Assert.Equal(classes < 3, note.Message.Contains("apgd-dlr", StringComparison.Ordinal));
    }

    private static Apgd Attack(string name, Norm norm, int steps)
    {
        var (threat, budget) = (new ThreatModel(norm, Sizes[norm]), new AttackBudget(Restarts: 2, Steps: steps, Targets: 3));
        return name switch
        {
            "apgd-ce" => Apgd.CrossEntropy(threat, budget) with { Shrinking = norm == Norm.L1 },
            "apgd-dlr" => Apgd.Dlr(threat, budget),
            _ => Apgd.Targeted(threat, budget),
        };
    }
}
