namespace Arow.Tests.Unit.Evaluation;

/// <summary>Models built to fool an evaluation, a sound one beside them, and what is found of each.</summary>
public sealed class FindingsTests : IDisposable
{
    private const int N = 40, Classes = 4, Pixels = 36;

    private static readonly ThreatModel Threat = new(Norm.Linf, 0.1);

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly Tensor weights;
    private readonly ImageSet images;

    public FindingsTests()
    {
        using var generator = new Generator(7);
        weights = randn(Classes, Pixels, generator: generator);
        var bytes = randint(0, 256, [N, 1, 6, 6], ScalarType.Byte, generator: generator);
        var labels = Sound(ImageSet.ToPixels(bytes)).argmax(1);
        images = new ImageSet("made", bytes, labels, ["a", "b", "c", "d"]);
    }

    public void Dispose()
    {
        images.Dispose();
        scope.Dispose();
    }

    private Tensor Sound(Tensor x) => F.linear(x.flatten(1) - 0.5, weights) * 0.4;

    /// <summary>An attack without gradients, which knows the weights all the same.</summary>
    private sealed record Oracle(string Name, ThreatModel Threat, Tensor Weights) : IAttack
    {
        public Access Needs => Access.Scores;

        public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
        {
            using var scope = NewDisposeScope();
            var rival = f(x).scatter(1, y.unsqueeze(1), full([y.shape[0], 1], float.NegativeInfinity)).argmax(1);
            var direction = (Weights.index_select(0, rival) - Weights.index_select(0, y)).sign().reshape(x.shape);
            return Threat.Project(x + Threat.Epsilon * direction, x).MoveToOuterDisposeScope();
        }
    }

    /// <summary>An attack that tries one point.</summary>
    private sealed record Dice(string Name, ThreatModel Threat) : IAttack
    {
        public Access Needs => Access.Labels;

        public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise) => Threat.StartPoint(x, Start.Uniform, noise);
    }

    private EvaluationResult Evaluate(Classifier f, params IAttack[] attacks) =>
        new Evaluator(new AttackRunner(f, images, 16, seed: 0)) { Check = true }
        .Run(attacks.Length > 0 ? attacks : [Pgd.Standard(Threat, steps: 5)], TestContext.Current.CancellationToken);

    private Finding Found(string check, Classifier f, params IAttack[] attacks) =>
        Assert.Single(Evaluate(f, attacks).Findings, finding => finding.Check == check);

    [Theory]
    [InlineData(Norm.Linf, 0.1)]
    [InlineData(Norm.L2, 0.5)]
    [InlineData(Norm.L1, 2)]
    [InlineData(Norm.Linf, 0)]
    [InlineData(Norm.Linf, 0.9)]
    public void A_sound_model_raises_none(Norm norm, double epsilon)
    {
        var threat = new ThreatModel(norm, epsilon);
        var result = Evaluate(Sound, new Fgsm(threat), Pgd.Standard(threat, steps: 5), new Dice("square", threat));
        Assert.Empty(result.Findings);
    }

    [Fact]
    public void A_sound_network_raises_none()
    {
        var (hidden, last) = (randn(32, Pixels) / 6, randn(Classes, 32));
        Tensor Network(Tensor x) => F.linear(F.relu(F.linear(x.flatten(1) - 0.5, hidden)), last);
        using var own = new ImageSet("made", images.Images.clone(), Network(ImageSet.ToPixels(images.Images)).argmax(1), images.Classes);
        var result = new Evaluator(new AttackRunner(Network, own, 16, seed: 0)) { Check = true }
            .Run([new Fgsm(Threat), Pgd.Standard(Threat, steps: 5)], TestContext.Current.CancellationToken);
        Assert.Empty(result.Findings);
    }

    [Fact]
    public void A_saturated_softmax_at_the_end()
    {
        Tensor Saturated(Tensor x) => F.softmax(Sound(x) * 1000, 1);
        Assert.Equal(N, Found("probability-output", Saturated).Samples.Count);
        var zero = Found("zero-gradients", Saturated);
        Assert.InRange(zero.Samples.Count, N / 2, N);
        Assert.Contains("pgd5 at the start of", zero.Message);
        Assert.NotEmpty(Found("loss-does-not-rise", Saturated).Samples);
    }

    [Fact]
    public void Inputs_that_are_rounded()
    {
        Tensor Rounded(Tensor x) => Sound((x * 4).round() / 4);
        var zero = Found("zero-gradients", Rounded);
        Assert.Equal(Evaluate(Rounded).Attacks[0].Attacked, zero.Samples.Count);
        Assert.Contains("(100.0 %)", zero.Message);
        Assert.NotEmpty(Found("loss-does-not-rise", Rounded).Samples);
    }

    [Fact]
    public void Dropout_at_test_time()
    {
        var mask = new Generator(1);
        Tensor Dropping(Tensor x) => Sound(x * (rand(x.shape, generator: mask) > 0.3).to(x.dtype));
        Assert.NotEmpty(Found("random-output", Dropping).Samples);
        Assert.DoesNotContain(Evaluate(Dropping).Findings, f => f.Check is "batch-dependence" or "inner-gradients");
        Assert.Contains("use Attacks = autoattack-rand", Found("random-output", Dropping).Advice);

        // With the attack for random models it is said too, but not to use what is used.
        var averaging = Found("random-output", Dropping, AutoAttack.Rand(Threat, new AttackBudget(Steps: 2)));
        Assert.NotEmpty(averaging.Samples);
        Assert.Contains("average gradients over EOT samples, as they should", averaging.Advice);
    }

    [Fact]
    public void A_step_in_front_through_which_no_gradient_comes()
    {
        Tensor Step(Tensor x) => Sound((x > 0.5).to(x.dtype));
        Assert.Equal(FindingLevel.Warning, Found("no-gradients", Step).Level);
        Assert.Contains("(100.0 %)", Found("zero-gradients", Step).Message);

        // The same with weights that could be trained, so that the logits have a gradient, but not of the pixels.
        using var grad = enable_grad();
        var trainable = weights.clone().requires_grad_();
        Tensor Trainable(Tensor x) => F.linear((x > 0.5).to(x.dtype).flatten(1) - 0.5, trainable);
        Assert.Contains("(100.0 %)", Found("zero-gradients", Trainable).Message);
    }

    [Fact]
    public void Only_attacks_without_gradients_on_a_model_without_is_but_noted() =>
        Assert.Equal(FindingLevel.Note, Found("no-gradients", x => Sound(x.detach()), new Oracle("square", Threat, weights)).Level);

    [Fact]
    public void Square_gains_and_wins_where_gradients_are_hidden()
    {
        Tensor Hidden(Tensor x) => Sound(x.detach()) + 0 * x.sum();
        IAttack[] attacks = [Pgd.Standard(Threat, steps: 5), new Oracle("square", Threat, weights)];
        var result = Evaluate(Hidden, attacks);
        var gain = Assert.Single(result.Findings, f => f.Check == "square-gains");
        Assert.Equal(result.Rows.Where(r => r.BrokenBy == "square").Select(r => r.Index), gain.Samples);
        Assert.True(gain.Samples.Count > 5);
        Assert.Equal(gain.Samples, Assert.Single(result.Findings, f => f.Check == "black-box-wins").Samples);
        // What comes before a gradient attack is no gain over it.
        Assert.DoesNotContain(Evaluate(Hidden, [attacks[1], attacks[0]]).Findings, f => f.Check is "square-gains" or "black-box-wins");
    }

    [Fact]
    public void Gradients_computed_within_the_model()
    {
        Tensor Purifying(Tensor x)
        {
            using var grad = enable_grad();
            var leaf = x.detach().clone().requires_grad_();
            F.log_softmax(Sound(leaf), 1).amax([1]).sum().backward(inputs: [leaf]);
            return Sound(x + 0.02f * leaf.grad!.sign());
        }
        Assert.Contains("compute gradients itself", Found("inner-gradients", Purifying).Message);
    }

    [Fact]
    public void Logits_that_depend_on_the_batch()
    {
        Tensor Normalising(Tensor x) => Sound(x - 0.3f * x.mean([0], keepdim: true));
        Assert.NotEmpty(Found("batch-dependence", Normalising).Samples);
        Tensor Fixed(Tensor x) =>
            x.shape[0] == 1 ? throw new System.Runtime.InteropServices.ExternalException("shape '[16, 36]' is invalid") : Sound(x);
        using var several = images.Limit(16, 0);
        var found = new Evaluator(new AttackRunner(Fixed, several, 16, seed: 0)) { Check = true, Access = Access.Scores }.Run([],
            TestContext.Current.CancellationToken).Findings;
        Assert.Contains("batch of one image", Assert.Single(found, f => f.Check == "batch-dependence").Message);
    }

    [Fact]
    public void Accuracy_that_guessing_would_reach()
    {
        using var guessed = new ImageSet("made", images.Images.clone(), (images.Labels + arange(N) % 4) % 4, images.Classes);
        var found = new Evaluator(new AttackRunner(Sound, guessed, 16, seed: 0)) { Check = true }.Run([],
            TestContext.Current.CancellationToken).Findings;
        Assert.Contains("10 of 40 images", Assert.Single(found, f => f.Check == "near-chance").Message);
    }

    [Fact]
    public void Logits_and_gradients_that_are_no_numbers()
    {
        Tensor Overflowing(Tensor x) => Sound(x) + where(x[.., 0, 0, 0] > 0.5, float.NaN, 0f).unsqueeze(1);
        var broken = Found("broken-output", Overflowing);
        Assert.Equal(images.Images[.., 0, 0, 0].data<byte>().Count(b => b > 127), broken.Samples.Count);
        Assert.All(Evaluate(Overflowing).Rows.Where(r => broken.Samples.Contains(r.Index)), r => Assert.Equal("clean", r.BrokenBy));

        Tensor Rooted(Tensor x) => Sound(x) + 0 * (x - x.detach()).square().sum([1, 2, 3]).sqrt().unsqueeze(1);
        Assert.Contains("pgd5 100.0 %", Found("broken-gradients", Rooted).Message);
    }

    [Fact]
    public void A_wall_that_no_gradient_sees_stands_at_any_size()
    {
        // The gradient points the wrong way, everywhere.
        Tensor Backwards(Tensor x) => Sound(2 * x.detach() - x);
        Assert.NotEmpty(Found("huge-epsilon", Backwards).Samples);
        Assert.NotEmpty(Found("loss-does-not-rise", Backwards).Samples);
    }

    [Fact]
    public void Few_classes_are_what_an_attack_says_of_them()
    {
        var attack = new Modest(Threat);
        var note = Found("few-classes", Sound, attack);
        Assert.Equal((FindingLevel.Note, "With 4 classes: three targets."), (note.Level, note.Message));
    }

    private sealed record Modest(ThreatModel Threat) : IAttack
    {
        public string Name => "modest";

        public Access Needs => Access.Labels;

        public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise) => x.clone();

        public IReadOnlyList<string> Notes(int classes) => classes < 10 ? [$"three targets."] : [];
    }

    [Fact]
    public void Looking_leaks_no_tensor()
    {
        Tensor Scoped(Tensor x)
        {
            using var inner = NewDisposeScope();
            return Sound(x).MoveToOuterDisposeScope();
        }
        void Again() => Evaluate(Scoped);
        Again();
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        var before = statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 3; i++) Again();
        Assert.Equal(before, statistics.ThreadTotalLiveCount);
    }
}
