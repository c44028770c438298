using Arow.Analysis;

namespace Arow.Tests.Unit.Analysis;

/// <summary>That an analysis does what it is asked, held against its pieces called by hand: in L2, with a seed, a model and another one.</summary>
public sealed class AnalysisWiringTests : IDisposable
{
    private const int BatchSize = 8, Seed = 4, Landscape = 9;

    private static readonly Ratio Epsilon = Ratio.Parse("2.5")!.Value;

    private readonly TurnableDigits digits = new();
    private readonly AnalysisRun run;

    public AnalysisWiringTests() => run = new(digits.Weights, new()
    {
        Attack = "apgd-ce", Threat = new ThreatModel(Norm.L2, Epsilon), BatchSize = BatchSize, Seed = Seed,
        Against = digits.OtherWeights, Landscape = Landscape,
        Epsilons = [Ratio.Parse("1.2")!.Value, Ratio.Parse("4")!.Value], Steps = [1, 6],
    });

    public void Dispose() => digits.Dispose();

    private static AnalysisRun With(AnalysisRun run, Func<AnalysisOptions, AnalysisOptions> change) => run with { Options = change(run.Options) };

    private static IAttack Attack(Ratio epsilon, int? steps = null) =>
        Catalog.Attacks["apgd-ce"].Create(new ThreatModel(Norm.L2, epsilon.Value), new AttackBudget(Steps: steps));

    [Fact]
    public void Rows_and_curves_are_those_of_the_model_the_norm_and_the_seed()
    {
        var result = run.Execute(digits.Images);
        using var scope = NewDisposeScope();
        var (other, _) = Arow.Checkpoints.NetworkFile.Load(digits.OtherWeights);
        using (other)
        {
            using var fold = digits.Network.Fold();
            using var otherFold = other.Fold();
            var (f, g) = (digits.Network.ForEvaluation(), other.ForEvaluation());
            Assert.Equal(new RobustnessAnalyzer(new AttackRunner(f, digits.Images, BatchSize, Seed) { FastClassifier = fold.Classifier })
                .Analyze(Attack(Epsilon)), result.Rows);
            Assert.Equal(new RobustnessAnalyzer(new AttackRunner(g, digits.Images, BatchSize, Seed) { FastClassifier = otherFold.Classifier })
                .Analyze(Attack(Epsilon)), result.OtherRows!);
            Assert.InRange(result.Rows.Count(r => r.Robust), 1, 29);

            using var few = digits.Images.Limit(Landscape, Seed);
            foreach (var (h, fast, findings) in new[] { (f, fold, result.Summary.Model), (g, otherFold, result.Summary.Against!) })
            {
                var curve = new AccuracyCurve(new AttackRunner(h, few, BatchSize, Seed) { FastClassifier = fast.Classifier });
                Assert.Equal(Points(curve.OverEpsilon(run.Options.Epsilons!, e => Attack(e))), Points(findings.Epsilons));
                Assert.Equal(Points(curve.OverSteps(run.Options.Steps!, steps => Attack(Epsilon, steps))), Points(findings.Steps));
            }
        }
        Assert.Equal("apgd-ce", result.Summary.StepsOf);
        Assert.Equal((digits.Weights, digits.OtherWeights), (result.Summary.Model.Subject.Weights, result.Summary.Against!.Subject.Weights));
        Assert.NotEqual(result.Summary.Model.Subject.WeightsSha256, result.Summary.Against.Subject.WeightsSha256);

        static IEnumerable<(string, double, int, int)> Points(IEnumerable<CurvePoint> points) => points.Select(p => (p.At, p.Value, p.N, p.Right));
    }

    /// <summary>The same batches of the same form of the network: the same images to the last bit.</summary>
    [Fact]
    public void Adversarial_images_are_those_of_an_evaluation()
    {
        var analysed = With(run, o => o with { Against = null, Landscape = 0 }).Execute(digits.Images).Rows;
        using var folder = new TemporaryFolder();
        var there = new EvaluationFolder(folder.File("evaluation"));
        new EvaluationRun(digits.Weights, new() { Attacks = [run.Options.Attack], Threat = run.Options.Threat, BatchSize = BatchSize, Seed = Seed })
            .Execute(digits.Images, there);
        var evaluated = there.ReadRows();
        Assert.Equal(evaluated.Select(r => (r.Index, r.Label, r.Clean, r.Robust)), analysed.Select(r => (r.Index, r.Label, r.Clean, r.Robust)));
        var broken = evaluated.Zip(analysed).Where(r => r.First.BrokenBy is not (null or "clean")).ToList();
        Assert.InRange(broken.Count, 3, 29);
        Assert.All(broken, r => Assert.Equal((r.First.Adversarial, r.First.Norm), (r.Second.Adversarial, r.Second.Norm)));
    }

    [Fact]
    public void A_model_wins_nothing_over_itself_and_batches_have_no_say()
    {
        // More images than a batch has, and few of them: their surface takes most of the time.
        var small = With(run, o => o with { Landscape = 10, Epsilons = [], Steps = [], Attack = "fgsm" });
        var itself = With(small, o => o with { Against = small.Weights, BatchSize = 30 }).Execute(digits.Images);
        Assert.Equal(itself.Rows, itself.OtherRows!);
        var usual = small.Execute(digits.Images);
        Assert.Equal(usual.Rows, itself.Rows);
        Assert.Equal(usual.Surface!.N, itself.Surface!.N);
        Assert.NotEqual(usual.Rows, usual.OtherRows!);
    }

    [Fact]
    public void Each_option_has_its_effect()
    {
        var alone = run.Options with { Attack = "pgd10", Against = null, Landscape = 0 };
        var rows = (run with { Options = alone }).Execute(digits.Images).Rows;
        foreach (var (what, other) in ((string, AnalysisOptions)[])
        [
            ("attack", alone with { Attack = "fgsm" }), ("norm", alone with { Threat = alone.Threat with { Norm = Norm.L1 } }),
            ("epsilon", alone with { Threat = alone.Threat with { Size = 1.5 } }),
            ("seed", alone with { Seed = 5 }),
            ("normalization", alone with { Mean = [0.3], Std = [0.2] }),
        ])
        {
            Assert.False(rows.SequenceEqual((run with { Options = other }).Execute(digits.Images).Rows), what);
        }
    }

    /// <summary>Shortened, it would not be AutoAttack.</summary>
    [Fact]
    public void The_steps_of_AutoAttack_are_not_varied()
    {
        using var one = digits.Images.Limit(1, 0);
        // A large ε, so that its first part ends it.
        var large = new ThreatModel(Norm.L2, 25);
        Assert.Equal("pgd20",
            With(run, o => o with { Attack = "autoattack-rand", Threat = large, Against = null, Landscape = 1, Epsilons = [], Steps = [1] })
                .Execute(one).Summary.StepsOf);
    }
}
