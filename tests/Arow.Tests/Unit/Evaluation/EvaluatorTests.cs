using static Arow.Tests.Unit.Evaluation.Brightness;

namespace Arow.Tests.Unit.Evaluation;

public sealed class EvaluatorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public void Attacks_try_what_still_stands_from_the_original(int batchSize)
    {
        using var images = Bright(51, 140, 153, 230);
        var (first, second) = (Darken("first", 0.08), Darken("second", 0.15));
        var result = Evaluate(Classify, images, batchSize, seed: 0, [first, second]);

        Assert.Equal([140, 153, 230], first.Seen);
        Assert.Equal([153, 230], second.Seen);
        Assert.Equal(
            [("first", 3, 1, 0.5), ("second", 2, 1, 0.25)],
            result.Attacks.Select(a => (a.Name, a.Attacked, a.Broken, a.Accuracy)));
        Assert.Equal(["clean", "first", "second", null], result.Rows.Select(r => r.BrokenBy));
        Assert.Equal([1, 0, 0, 0], result.Rows.Select(r => r.Clean));
        Assert.Equal([1, 1, 1, 0], result.Rows.Select(r => r.Adversarial));
        // The last stands, and its row has the worst point met, which is not the last attack's by chance: see below.
        double[] norms = [0, 0.08, 0.15, 0.15];
        double[] margins = [2 * 51 / 255.0 - 1, 2 * (140 / 255.0 - 0.08) - 1, 2 * (153 / 255.0 - 0.15) - 1, 2 * (230 / 255.0 - 0.15) - 1];
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(norms[i], result.Rows[i].Norm, 1e-6);
            Assert.Equal(margins[i], result.Rows[i].Margin, 1e-6);
        }
    }

    [Fact]
    public void A_weaker_attack_does_not_hide_the_worst_point()
    {
        using var images = Bright(230);
        var row = Evaluate(Classify, images, 10, seed: 0, [Darken("strong", 0.15), Darken("weak", 0.01)]).Rows[0];
        Assert.True(row.Robust);
        Assert.Equal(0.15, row.Norm, 1e-6);
    }

    [Fact]
    public void Rows_know_the_place_in_the_whole_set()
    {
        using var all = Bright(51, 140, 153, 230);
        using var rows = tensor(new long[] { 1, 3 });
        using var some = all.Select(rows);
        Assert.Equal([1, 3], Evaluate(Classify, some, 10, seed: 0, []).Rows.Select(r => r.Index));
    }

    /// <summary>Darkens step by step, and stops as soon as the classifier that it looks at is fooled.</summary>
    private sealed record Impatient(ThreatModel Threat) : IAttack
    {
        public string Name => "impatient";

        public Access Needs => Access.Labels;

        public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
        {
            using var scope = NewDisposeScope();
            var z = x.clone();
            for (var step = 1; step <= 4; step++) z = where((f(z).argmax(1) == y).reshape(-1, 1, 1, 1), x - step * Threat.Epsilon / 4, z);
            return z.MoveToOuterDisposeScope();
        }
    }

    [Fact]
    public void What_fools_only_the_form_that_attacks_look_at_is_attacked_again()
    {
        using var images = Bright(51, 140, 153, 166, 230);
        // It takes images for dark that are a little too bright for that.
        static Tensor Hasty(Tensor x) => Classify((x - 0.06).clamp_min(0));
        var attack = new Impatient(new ThreatModel(Norm.Linf, 0.2));
        var exact = Evaluate(Classify, images, 3, seed: 0, [attack]);
        var fast = new Evaluator(new AttackRunner(Classify, images, 3, seed: 0) { FastClassifier = Hasty })
            .Run([attack], TestContext.Current.CancellationToken);
        Assert.Equal(["clean", "impatient", "impatient", "impatient", null], exact.Rows.Select(r => r.BrokenBy));
        Assert.Equal(exact.Rows.Select(r => (r.Index, r.BrokenBy, r.Adversarial)), fast.Rows.Select(r => (r.Index, r.BrokenBy, r.Adversarial)));
    }

    [Fact]
    public void Without_an_attack_what_is_right_is_robust()
    {
        using var images = Bright(51, 140);
        var result = Evaluate(Classify, images, 10, seed: 0, []);
        Assert.Empty(result.Attacks);
        Assert.Equal([false, true], result.Rows.Select(r => r.Robust));
        Assert.Equal([0.0, 0.0], result.Rows.Select(r => r.Norm));
    }

    [Fact]
    public void Ensembles_count_as_their_parts()
    {
        using var images = Bright(51, 140, 153, 230);
        IAttack ensemble = new AutoAttack(new ThreatModel(Norm.Linf, 0.2),
            [Darken("first", 0.08), new AutoAttack(new ThreatModel(Norm.Linf, 0.2), [Darken("second", 0.15)])]);
        var result = Evaluate(Classify, images, 2, seed: 0, [ensemble, Darken("third", 0.01)]);
        Assert.Equal([("first", 3, 1), ("second", 2, 1), ("third", 1, 0)], result.Attacks.Select(a => (a.Name, a.Attacked, a.Broken)));
        Assert.Equal(["clean", "first", "second", null], result.Rows.Select(r => r.BrokenBy));
    }

    [Fact]
    public void Alone_is_known_where_nothing_was_turned_before()
    {
        using var images = Bright(51, 140, 153, 230);
        var result = Evaluate(Classify, images, 2, seed: 0, [Darken("idle", 0), Darken("first", 0.08), Darken("second", 0.15)]);
        Assert.Equal([0.75, 0.5, null], result.Attacks.Select(a => a.AccuracyAlone));
    }

    [Fact]
    public void Ends_early_once_the_bound_is_surely_low_enough()
    {
        // 20 images, of which the attack turns all: after 15 of them 5 stand, and 95 % of such intervals end below 0.5.
        using var images = Bright([.. Enumerable.Repeat((byte)140, 20)]);
        var (attack, never) = (Darken("darken", 0.1), Darken("never", 0.1));
        EvaluationResult Stopped(double below) =>
            new Evaluator(new AttackRunner(Classify, images, 5, seed: 0)) { StopBelow = below }.Run([attack, never],
                TestContext.Current.CancellationToken);
        var early = Stopped(0.5);
        Assert.True(early.EndedEarly);
        var only = Assert.Single(early.Attacks);
        Assert.Equal(("darken", 15, 15, 0.25, false), (only.Name, only.Attacked, only.Broken, only.Accuracy, only.Complete));
        Assert.Null(only.AccuracyAlone);
        Assert.Equal(5, early.Rows.Count(r => r.Robust));
        Assert.InRange(Confidence.Wilson(5, 20).High, 0.2, 0.5);
        Assert.InRange(Confidence.Wilson(10, 20).High, 0.5, 1);

        // Reached with the last batch of the last attack, it is no early end.
        var late = new Evaluator(new AttackRunner(Classify, images, 20, seed: 0)) { StopBelow = 0.5 }.Run([attack],
            TestContext.Current.CancellationToken);
        Assert.False(late.EndedEarly);
        Assert.False(Stopped(0.1).EndedEarly && Stopped(0.1).Attacks.Count == 2);
    }

    [Fact]
    public void Rounding_saves_what_was_turned_by_less_than_a_level()
    {
        // 128 is bright by half a level; darkened by 0.6 levels it is dark, and by one level as an 8-bit image.
        // 129 darkened by 1.6 levels is dark, but its nearest level within 1.6 is 128, which is bright.
        using var images = Bright(128, 129);
        var result = new Evaluator(new AttackRunner(Classify, images, 5, seed: 0)) { Quantize = true }
            .Run([Darken("half", 0.6 / 255, 1.6 / 255), Darken("more", 1.6 / 255, 1.6 / 255)], TestContext.Current.CancellationToken);
        Assert.Equal(["half", "more"], result.Rows.Select(r => r.BrokenBy));
        Assert.Empty(result.Attacks[0].Rounded!);
        Assert.Equal([1], result.Attacks[1].Rounded!);
    }

    [Fact]
    public void Published_randomness_begins_anew_for_every_attack_and_batch()
    {
        using var images = Bright(200, 201, 202, 203, 204);
        var threat = new ThreatModel(Norm.Linf, 0.1);
        List<float[]> Drawn(int batchSize)
        {
            var drawn = new List<float[]>();
            var attack = new Drawing(threat, noise => drawn.Add([.. noise.Uniform(zeros(2)).data<float>()]));
            new Evaluator(new AttackRunner(Classify, images, batchSize, seed: 9) { Randomness = Randomness.Published })
                .Run([attack, attack], TestContext.Current.CancellationToken);
            return drawn;
        }
        using var generator = new Generator(9);
        using var expected = rand(2, generator: generator);
        var all = Drawn(2);
        Assert.Equal(6, all.Count);
        Assert.All(all, numbers => Assert.Equal([.. expected.data<float>()], numbers));
    }

    private sealed record Drawing(ThreatModel Threat, Action<Noise> Draw) : IAttack
    {
        public string Name => "drawing";

        public Access Needs => Access.Labels;

        public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
        {
            Draw(noise);
            return x.clone();
        }
    }

    [Fact]
    public void Nothing_left_to_attack_is_no_fault()
    {
        using var images = Bright(51);
        var result = Evaluate(Classify, images, 10, seed: 0, [Darken("idle", 0.1)]);
        Assert.Equal((0, 0, 0.0), result.Attacks.Select(a => (a.Attacked, a.Broken, a.Accuracy)).Single());
    }

    [Theory]
    [InlineData(Norm.Linf, 0.1)]
    [InlineData(Norm.L2, 0.2)]
    [InlineData(Norm.L1, 0.4)]
    public void A_step_out_of_the_ball_fails_with_the_image(Norm norm, double length)
    {
        using var all = Bright(200, 201, 202);
        using var rows = tensor(new long[] { 2 });
        using var some = all.Select(rows);
        Told Steps(double epsilon) => new("greedy", new ThreatModel(norm, epsilon), x => x - 0.1f);

        Evaluate(Classify, some, 10, seed: 0, [Steps(length)]);
        var fault = Assert.Throws<InvalidOperationException>(() => Evaluate(Classify, some, 10, seed: 0, [Steps(length * (1 - 1e-5))]));
        Assert.Contains("greedy moved image 2 ", fault.Message);
    }

    [Theory]
    [InlineData(254, 0.0039216f + 1e-6f)]
    [InlineData(1, -0.0039216f - 1e-6f)]
    public void A_step_out_of_the_box_fails_with_the_image(byte brightness, float step)
    {
        using var images = Bright(200, brightness);
        var attack = new Told("rude", new ThreatModel(Norm.Linf, 0.5), x => x + step);
        // Dark images are no target: all are labelled by what the classifier says.
        using var labels = tensor(new long[] { 0, brightness > 127 ? 0 : 1 });
        using var labelled = new ImageSet("brightness", images.Images.clone(), labels.clone(), ["bright", "dark"]);
        var fault = Assert.Throws<InvalidOperationException>(() => Evaluate(Classify, labelled, 10, seed: 0, [attack]));
        Assert.Contains("rude left [0, 1] at image 1", fault.Message);
    }

    [Fact]
    public void A_pixel_that_is_no_number_fails()
    {
        using var images = Bright(200);
        var attack = new Told("broken", new ThreatModel(Norm.Linf, 0.5), x => x * float.NaN);
        Assert.Throws<InvalidOperationException>(() => Evaluate(Classify, images, 10, seed: 0, [attack]));
    }

    [Fact]
    public void What_counts_is_the_classifier_not_the_attack()
    {
        // It claims nothing and changes nothing: the image stands, whatever its name.
        using var images = Bright(200);
        var result = Evaluate(Classify, images, 10, seed: 0, [new Told("idle", new ThreatModel(Norm.Linf, 0), x => x.alias())]);
        Assert.True(result.Rows[0].Robust);
        Assert.Equal(0, result.Attacks[0].Broken);
    }

    [Fact]
    public void A_stop_is_heeded_before_the_next_batch()
    {
        using var images = Bright(200, 201, 202);
        using var source = new CancellationTokenSource();
        var evaluator = new Evaluator(new AttackRunner(Classify, images, 1, seed: 0))
        {
            Observer = new Observer
            {
                Evaluation = p =>
                {
                    if (p is { Attack: "darken", Done: 2 }) source.Cancel();
                },
            },
        };
        var attack = Darken("darken", 0.01);
        Assert.Throws<OperationCanceledException>(() => evaluator.Run([attack], source.Token));
        Assert.Equal(2, attack.Seen.Count);
    }

    [Fact]
    public void Progress_tells_a_bound_that_falls_to_the_accuracy()
    {
        using var images = Bright(51, 140, 141, 230, 231);
        var told = new List<EvaluationProgress>();
        var result = new Evaluator(new AttackRunner(Classify, images, 2, seed: 0)) { Observer = new Observer { Evaluation = told.Add } }.Run(
            [Darken("darken", 0.1)], TestContext.Current.CancellationToken);
        Assert.Equal([("clean", 2, 5), ("clean", 4, 5), ("clean", 5, 5), ("darken", 0, 4), ("darken", 2, 4), ("darken", 4, 4)],
            told.Select(p => (p.Attack, p.Done, p.Total)));
        Assert.Equal(result.Attacks[0].Accuracy, told[^1].Bound);
        Assert.Equal([0.8, 0.4, 0.4], told.Where(p => p.Attack == "darken").Select(p => p.Bound));
        Assert.Equal(0.8, told[2].Bound);
    }

    [Fact]
    public void The_time_left_is_that_of_all_attacks()
    {
        IAttack[] attacks = [new Costly("one", 10), new Costly("two", 30), new Costly("three", 60)];
        var left = new EtaEstimator(attacks, 10);
        Assert.Null(left.Estimate(-1, 100, 100));
        left.Add(elapsed: 2, count: 20); // 0.1 s a pass
        Assert.Equal(8 + 100 * 100 * 0.1, left.Estimate(-1, 80, 100)!.Value.TotalSeconds, 1e-6);
        Assert.Equal(1000, left.Estimate(0, 100, 100)!.Value.TotalSeconds, 1e-6);
        // An attack that costs less than it says is taken at what it costs: 0.05 s a pass by now, half a second an image.
        left.Add(attacks[0], new BatchOutcome([.. new SampleResult[50]]) { Seconds = 25, QueryCounts = new QueryCounts(520, 0, 0, 0) });
        Assert.Equal(50 * 0.5 + 80 * 90 * 0.05, left.Estimate(0, 50, 80)!.Value.TotalSeconds, 1e-6);
        left.StartAttack();
        Assert.Equal(80 * 90 * 0.05, left.Estimate(1, 80, 80)!.Value.TotalSeconds, 1e-6);
        Assert.Equal(0, left.Estimate(2, 0, 80)!.Value.TotalSeconds, 1e-6);

        using var images = Bright(51, 140, 141, 230, 231);
        var told = new List<EvaluationProgress>();
        new Evaluator(new AttackRunner(Classify, images, 2, seed: 0)) { Observer = new Observer { Evaluation = told.Add } }.Run(
            [Darken("a", 0.01), Darken("b", 0.01)], TestContext.Current.CancellationToken);
        Assert.All(told, p => Assert.NotNull(p.TimeLeft));
        Assert.Equal(TimeSpan.Zero, told[^1].TimeLeft);
        Assert.Equal(["a", "b"], told.Where(p => p.Done == 0).Select(p => p.Attack));
    }

    private sealed record Costly(string Name, long Cost) : IAttack
    {
        public ThreatModel Threat => new(Norm.Linf, 0.1);

        public Access Needs => Access.Scores;

        public long Passes(int classes) => Cost;

        public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise) => x.clone();
    }

    /// <summary>A network of one layer, three classes, and attacks that draw at random.</summary>
    [Theory]
    [InlineData(Norm.Linf, 0.1)]
    [InlineData(Norm.L2, 0.5)]
    [InlineData(Norm.L1, 0.7)]
    public void Results_do_not_depend_on_the_batch_size(Norm norm, double epsilon)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        using var images = new ImageSet(
            "noise", randint(0, 256, [60, 1, 4, 4], ScalarType.Byte, generator: generator),
            randint(0, 3, [60], ScalarType.Int64, generator: generator), ["a", "b", "c"]);
        var weights = randn(3, 16, generator: generator);
        Tensor Linear(Tensor x) => F.linear(x.flatten(1) - 0.5, weights).tanh() * 3;

        var threat = new ThreatModel(norm, epsilon);
        IAttack[] attacks = [new Fgsm(threat), Pgd.Standard(threat, steps: 3, restarts: 2)];
        var all = new[] { 1, 7, 250 }.Select(size => Evaluate(Linear, images, size, seed: 11, attacks)).ToList();
        // Both kinds of rows must be there for the comparison to say anything.
        Assert.Contains(all[0].Rows, r => r.Robust);
        Assert.Contains(all[0].Rows, r => r.BrokenBy is "fgsm" or "pgd3");
        foreach (var other in all.Skip(1))
        {
            Assert.Equal(all[0].Attacks.Select(a => (a.Name, a.Attacked, a.Broken, a.Accuracy)),
                other.Attacks.Select(a => (a.Name, a.Attacked, a.Broken, a.Accuracy)));
            foreach (var (a, b) in all[0].Rows.Zip(other.Rows))
            {
                // Sums in another order may differ in the last bit of a float32.
                Assert.Equal(a with { Margin = 0, Norm = 0 }, b with { Margin = 0, Norm = 0 });
                Assert.Equal(a.Margin, b.Margin, 1e-4);
                Assert.Equal(a.Norm, b.Norm, 1e-4);
            }
        }
    }

    [Fact]
    public void Another_seed_is_another_attack_and_the_same_seed_the_same()
    {
        using var images = Bright(200, 210, 220);
        double Margin(long seed) =>
            Evaluate(Classify, images, 10, seed,
                [new Pgd(new ThreatModel(Norm.Linf, 0.1), AttackLoss.CrossEntropy, 1, 0.01, Start.Uniform)]).Rows[0].Margin;
        Assert.Equal(Margin(1), Margin(1));
        Assert.NotEqual(Margin(1), Margin(2));
    }

    [Fact]
    public void Leaks_no_tensor()
    {
        using var images = Bright(51, 140, 153, 230);
        IAttack[] attacks = [Pgd.Standard(new ThreatModel(Norm.Linf, 0.1), steps: 2, restarts: 2)];
        using var scope = NewDisposeScope();
        // The fake's temporaries die with the evaluator's own scopes, as a network's do.
        void Again() => Evaluate(Classify, images, 3, seed: 0, attacks);
        Again();
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        var before = statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 10; i++) Again();
        Assert.Equal(before, statistics.ThreadTotalLiveCount);
    }
}
