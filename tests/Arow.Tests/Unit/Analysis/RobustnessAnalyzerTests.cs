using Arow.Analysis;

namespace Arow.Tests.Unit.Analysis;

/// <summary>The analysis of linear classifiers on noise, which has images of every kind.</summary>
[Numeric]
public sealed class RobustnessAnalyzerTests : IDisposable
{
    private readonly Tensor weights;
    private readonly ImageSet images;
    private readonly Pgd attack = Pgd.Standard(new ThreatModel(Norm.Linf, 0.05), steps: 5);

    public RobustnessAnalyzerTests()
    {
        using var generator = new Generator(5);
        weights = 0.7 * randn(3, 48, generator: generator);
        using var scope = NewDisposeScope();
        var pixels = randint(0, 256, [60, 3, 4, 4], dtype: ScalarType.Byte, generator: generator);
        // Two of three labels are what the classifier says.
        var right = Linear(ImageSet.ToPixels(pixels)).argmax(1);
        var labels = where(arange(60, ScalarType.Int64).remainder(3) == 0, (right + 1).remainder(3), right);
        images = new ImageSet("made", pixels, labels, ["a", "b", "c"]);
    }

    public void Dispose()
    {
        weights.Dispose();
        images.Dispose();
    }

    private Tensor Linear(Tensor x) => F.linear(x.flatten(1) - 0.5, weights);

    private IReadOnlyList<AttackedImage> Rows(int batchSize) =>
        new RobustnessAnalyzer(new AttackRunner(Linear, images, batchSize, seed: 4)).Analyze(attack);

    [Fact]
    public void Rows_are_those_of_an_evaluation_and_the_bound_holds()
    {
        var rows = Rows(25);
        var evaluated = new Evaluator(new AttackRunner(Linear, images, 25, seed: 4)).Run([attack]).Rows;
        Assert.Equal(evaluated.Select(r => (r.Index, r.Label, r.Clean, r.Robust)), rows.Select(r => (r.Index, r.Label, r.Clean, r.Robust)));
        Assert.All(rows.Where(r => r.IsCorrect), r => Assert.Equal((r.Adversarial, r.Q), (r.Flipped, r.FlippedQ)));
        Assert.All(rows, r => Assert.InRange(r.Norm, 0, 0.05 + 1e-7));
        Assert.All(rows, r => Assert.True(r.Kl >= -1e-11));
        var bound = RiskBound.Compute(rows);
        Assert.Equal(20 / 60.0, bound.Natural.Value);
        Assert.True(bound.WrongAndMoved > 0 && bound.Robust.Value > bound.Natural.Value, "the images must be of every kind");
    }

    /// <summary>Pixel for pixel, also where a faster form of the classifier is attacked and draws depend on the batch.</summary>
    [Theory]
    [InlineData(Randomness.Keyed)]
    [InlineData(Randomness.Published)]
    public void Adversarial_images_are_those_of_an_evaluation(Randomness randomness)
    {
        Tensor Fast(Tensor x) => F.linear(x.flatten(1) - 0.48, weights);
        var made = new List<float[]>();
        var threat = new ThreatModel(Norm.Linf, 0.03);
        var ensemble = new AutoAttack(threat,
            [new Recorded(Square.Create(threat, new AttackBudget(Queries: 30)), made), new Recorded(Pgd.Standard(threat, 3), made)]);
        var runner = new AttackRunner(Linear, images, 7, seed: 4) { FastClassifier = Fast, Randomness = randomness };
        var evaluated = new Evaluator(runner).Run([ensemble]).Rows;
        float[][] evaluation = [.. made];
        made.Clear();
        var rows = new RobustnessAnalyzer(runner).Analyze(ensemble);
        Assert.Equal(evaluation, made.Take(evaluation.Length));
        Assert.True(made.Count > evaluation.Length, "wrong images are attacked too");
        // More than a batch of each part has less than seven images: some were attacked again, on the classifier itself.
        Assert.True(evaluation.Count(e => e.Length < 7 * 48) > 2, "some must be disputed");
        var broken = evaluated.Zip(rows).Where(r => r.First.BrokenBy is not (null or "clean")).ToList();
        Assert.Equal(2, broken.Select(r => r.First.BrokenBy).Distinct().Count());
        Assert.All(broken, r => Assert.Equal((r.First.Adversarial, r.First.Norm), (r.Second.Adversarial, r.Second.Norm)));
        Assert.Equal(evaluated.Select(r => r.Robust), rows.Select(r => r.Robust));
    }

    private sealed record Recorded(IAttack Attack, List<float[]> Made) : IAttack
    {
        public string Name => Attack.Name;

        public ThreatModel Threat => Attack.Threat;

        public Access Needs => Attack.Needs;

        public IAttack With(Fidelity fidelity) => this with { Attack = Attack.With(fidelity) };

        public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
        {
            var xAdv = Attack.Perturb(f, x, y, noise);
            Made.Add([.. xAdv.data<float>()]);
            return xAdv;
        }
    }

    [Fact]
    public void Wrong_images_are_moved_away_from_what_they_are_taken_for()
    {
        using var scope = NewDisposeScope();
        var rows = Rows(25);
        var x = ImageSet.ToPixels(images.Images);
        var taken = Linear(x).argmax(1);
        // The attack of everything at once, from its own prediction, is what z is made of.
        var z = Linear(attack.Perturb(Linear, x, taken, Noise.Keyed(4, images.Indices).Stream(attack.Name)));
        Assert.Equal(z.argmax(1).data<long>().ToArray(), rows.Select(r => r.Flipped));
        // From their class they would only get farther into their error.
        Assert.True(rows.Count(r => !r.IsCorrect && r.Flipped != r.Clean) > rows.Count(r => !r.IsCorrect && r.Adversarial != r.Clean));
        var q = Losses.Probability(z.to(ScalarType.Float64), images.Labels).data<double>().ToArray();
        Assert.All(rows.Zip(q), p => Assert.Equal(p.Second, p.First.FlippedQ, 1e-6)); // float32 logits of other batches
    }

    [Fact]
    public void Batches_have_no_say()
    {
        var (one, many) = (Rows(7), Rows(60));
        Assert.Equal(one.Select(r => (r.Index, r.Clean, r.Adversarial, r.Flipped)), many.Select(r => (r.Index, r.Clean, r.Adversarial, r.Flipped)));
        Assert.All(one.Zip(many), p => Assert.Equal(p.First.Q, p.Second.Q, 1e-5));
    }

    [Fact]
    public void Nothing_is_left_behind() => LiveTensors.AssertNoneLeft(() =>
    {
        Rows(25);
        var curve = new AccuracyCurve(new AttackRunner(Linear, images, 25, seed: 4));
        curve.OverEpsilon([Ratio.FromFraction(1, 50)], e => Pgd.Standard(new ThreatModel(Norm.Linf, e.Value), 1));
        LossSurface.Compute(new AttackRunner(Linear, images, 25, seed: 4), [3], attack, seed: 4, side: 3);
    });

    [Fact]
    public void Accuracy_falls_with_epsilon_to_nothing_and_begins_clean()
    {
        var curve = new AccuracyCurve(new AttackRunner(Linear, images, 25, seed: 4));
        string[] sizes = ["1", "0.05", "0", "0.01", "0.05", "0.2"];
        var points = curve.OverEpsilon(sizes.Select(s => Ratio.Parse(s)!.Value), e => Pgd.Standard(new ThreatModel(Norm.Linf, e.Value), 5));
        Assert.Equal(["0", "0.01", "0.05", "0.2", "1"], points.Select(p => p.At));
        Assert.Equal((40, 0), (points[0].Right, points[^1].Right));
        Assert.Equal(points.OrderByDescending(p => p.Right), points);
        // A larger ε in between only takes what the smaller left.
        Assert.InRange(points[2].Right, 0, Rows(25).Count(r => r.Robust));
    }

    [Fact]
    public void Accuracy_over_steps_is_that_of_each_attack_on_its_own()
    {
        var curve = new AccuracyCurve(new AttackRunner(Linear, images, 25, seed: 4));
        var points = curve.OverSteps([5, 0, 1, 5], steps => Pgd.Standard(attack.Threat, steps));
        Assert.Equal(["0", "1", "5"], points.Select(p => p.At));
        Assert.Equal((40, Rows(25).Count(r => r.Robust)), (points[0].Right, points[2].Right));
    }

    [Fact]
    public void The_surface_is_the_loss_at_its_points()
    {
        using var scope = NewDisposeScope();
        using var some = images.Select(tensor(new long[] { 4, 9, 30 }));
        var surface = LossSurface.Compute(new AttackRunner(Linear, some, 25, seed: 4), [9, 30], attack, seed: 4, side: 5);
        Assert.Equal([-1, -0.5, 0, 0.5, 1], surface.Coordinates);
        Assert.Equal([9, 30], surface.Images.Select(i => i.Index));
        var x = ImageSet.ToPixels(some.Images);
        var noise = Noise.Keyed(4, some.Indices);
        var xAdv = attack.Perturb(Linear, x, some.Labels, noise.Stream(attack.Name));
        var atImage = Losses.CrossEntropy(Linear(x), some.Labels).data<float>().ToArray();
        var attacked = Losses.CrossEntropy(Linear(xAdv), some.Labels).data<float>().ToArray();
        foreach (var (image, k) in surface.Images.Zip((int[])[1, 2]))
        {
            Assert.Equal(atImage[k], image.Loss[2][2], 1e-6);
            Assert.Equal(attacked[k], image.Loss[4][2], 1e-5); // x + (x' − x) rounds
        }
        Assert.Equal(atImage.Average(), surface.Mean[2][2], 1e-6);
        // The random direction is one of the ball, on its edge.
        var r = 0.05 * noise.Stream("random direction").Normal(x).sign();
        var moved = Linear((x + r).clamp(0, 1));
        Assert.Equal(Losses.CrossEntropy(moved, some.Labels).mean().item<float>(), surface.Mean[2][4], 1e-6);
        Assert.Equal(moved.argmax(1)[1].item<long>(), surface.Images[0].Class[2][4]);
    }

    [Fact]
    public void A_stop_is_heeded_in_the_midst_of_a_batch()
    {
        using var stop = new CancellationTokenSource();
        var asked = 0;
        Tensor Counting(Tensor x)
        {
            if (++asked == 3) stop.Cancel();
            return Linear(x);
        }
        Assert.Throws<OperationCanceledException>(() =>
            new RobustnessAnalyzer(new AttackRunner(Counting, images, 60, seed: 4)).Analyze(attack, stop.Token));
        Assert.Equal(3, asked);
    }

    [Fact]
    public void Classes_and_confusion_are_counted()
    {
        var rows = Rows(25);
        var classes = ClassRobustness.Compute(rows, ["a", "b", "c", "never"]);
        Assert.Equal(0, classes.Classes[3].N);
        Assert.Equal(60, classes.Confusion.Sum(row => row.Sum()));
        foreach (var (k, row) in classes.Confusion.Index().Take(3))
        {
            Assert.Equal(rows.Count(r => r.Label == k && r.Robust), row[k]);
            Assert.Equal(rows.Count(r => r.Label == k), row.Sum());
            Assert.Equal(row[k] / (double)row.Sum(), classes.Classes[k].RobustAccuracy);
        }
        var robust = classes.Classes.Take(3).Select(c => c.RobustAccuracy).ToList();
        Assert.Equal(classes.Classes.Take(3).MinBy(c => c.RobustAccuracy)!.Name, classes.WorstRobust);
        Assert.Equal(Math.Sqrt(robust.Sum(a => Math.Pow(a - robust.Average(), 2)) / 2), classes.RobustDeviation, 1e-12);
    }

    /// <summary>Nine of a rare class's ten and one of a common one's thirty: 0.9 and 1/30.</summary>
    [Theory]
    [InlineData(30, true)]
    [InlineData(14, false)]
    public void Of_classes_of_unequal_size_balanced_accuracy_is_counted(int common, bool told)
    {
        static IEnumerable<AttackedImage> Class(long label, int n, int right, int robust) => Enumerable.Range(0, n).Select(i => new AttackedImage(
            100 * label + i, label, i < right ? label : 2, 0.5, i < robust ? label : 2, 0.5, 0, 0.1, label, 0.5));
        var classes = ClassRobustness.Compute([.. Class(0, 10, right: 10, robust: 9), .. Class(1, common, right: common, robust: 1)],
            ["a", "b", "never"]);
        Assert.Equal(told, classes.BalancedClean is not null);
        if (!told) return;
        Assert.Equal(1, classes.BalancedClean!.Value);
        Assert.Equal((0.9 + 1 / 30.0) / 2, classes.BalancedRobust!.Value, 1e-12);
        var (low, high) = Confidence.MeanOfShares([(9, 10), (1, 30)]);
        Assert.Equal([low, high], classes.BalancedRobust.Interval);
    }

    /// <summary>Of four images of class a one is wrong as it is; of class b none is, but three are turned.</summary>
    [Fact]
    public void The_worst_class_without_attacks_need_not_be_the_worst_under_them()
    {
        static IEnumerable<AttackedImage> Class(long label, int right, int robust) => Enumerable.Range(0, 4).Select(i => new AttackedImage(
            4 * label + i, label, i < right ? label : 2, 0.5, i < robust ? label : 2, 0.5, 0, 0.1, label, 0.5));
        var classes = ClassRobustness.Compute([.. Class(0, right: 3, robust: 3), .. Class(1, right: 4, robust: 1), .. Class(2, right: 4, robust: 4)],
            ["a", "b", "c", "never"]);
        Assert.Equal(("a", "b"), (classes.WorstClean, classes.WorstRobust));
        // 0.75, 1, 1 and 0.75, 0.25, 1.
        Assert.Equal(Math.Sqrt(1 / 48.0), classes.CleanDeviation, 1e-12);
        Assert.Equal(Math.Sqrt(7 / 48.0), classes.RobustDeviation, 1e-12);
    }
}
