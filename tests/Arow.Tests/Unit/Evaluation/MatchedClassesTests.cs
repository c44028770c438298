using Arow.Analysis;

namespace Arow.Tests.Unit.Evaluation;

/// <summary>Whole evaluations and analyses of a network that knows its classes, on images that number them otherwise.</summary>
public sealed class MatchedClassesTests : IDisposable
{
    private const int Count = 18;
    private static readonly string[] Known = ["cat", "dog", "eel"];

    private readonly TemporaryFolder folder = new();
    private readonly string weights;

    /// <summary>Another model to evaluate; null for the weights.</summary>
    private string? measured;

    private readonly Tensor pixels, labels;
    private int evaluations;

    public MatchedClassesTests()
    {
        weights = folder.File("weights.safetensors");
        using var network = Network.Create("tiny-cnn", new InputShape(1, 8, 8), 3, new Normalization([0.5], [0.05]), seed: 1);
        NetworkFile.Save(weights, network, new Dictionary<string, string>(), Known);
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        pixels = randint(0, 256, [Count, 1, 8, 8], ScalarType.Byte, generator: generator).DetachFromDisposeScope();
        // Every class has images, and a third of them are wrong.
        labels = ((arange(Count, dtype: ScalarType.Int64) % 3 + network.ForEvaluation()(ImageSet.ToPixels(pixels)).argmax(1)) % 3)
            .DetachFromDisposeScope();
    }

    public void Dispose()
    {
        pixels.Dispose();
        labels.Dispose();
        folder.Dispose();
    }

    /// <summary>The images of some classes, numbered in the order of their names here.</summary>
    private ImageSet Images(params string[] names)
    {
        using var scope = NewDisposeScope();
        long[] number = [.. Known.Select(name => (long)Array.IndexOf(names, name))];
        var own = tensor(number).index_select(0, labels);
        var rows = (own >= 0).nonzero().flatten();
        return new ImageSet("folder", pixels.index_select(0, rows), own.index_select(0, rows), rows, names);
    }

    private (EvaluationSummary Summary, IReadOnlyList<SampleResult> Rows) Evaluate(ImageSet images, Func<EvaluationOptions,
        EvaluationOptions>? with = null, params string[] attacks)
    {
        var run = new EvaluationOptions { Attacks = attacks, Threat = new(Norm.Linf, 0.05), BatchSize = 7, Seed = 1 };
        var kept = new EvaluationFolder(folder.File($"{evaluations++}"));
        new EvaluationRun(measured ?? weights, with?.Invoke(run) ?? run).Execute(images, kept, TestContext.Current.CancellationToken);
        return kept.Read();
    }

    /// <summary>Attacks with and without gradients, on targets, on the folded form and on that for changed pixels.</summary>
    [Fact]
    public void The_same_happens_to_every_image_however_its_class_is_numbered()
    {
        string[] attacks = ["apgd-t", "square"];
        using var digits = new TurnableDigits();
        using var scope = NewDisposeScope();
        IReadOnlyList<string> plain = digits.Images.Classes, turned = [.. plain.Reverse()];
        using var images = new ImageSet("glyphs", digits.Images.Images.alias(), 9 - digits.Images.Labels, turned);
        measured = digits.Weights;
        var asked = (EvaluationOptions r) => r with { Threat = new(Norm.Linf, 0.5), Budget = new(Steps: 5, Queries: 40) };
        var (summary, before) = Evaluate(digits.Images, asked, attacks);
        var (other, after) = Evaluate(images, asked, attacks);

        Assert.InRange(summary.RobustAccuracy, 0, 0.99);
        foreach (var (a, b) in before.Zip(after))
        {
            Assert.Equal((plain[(int)a.Label], plain[(int)a.Clean], plain[(int)a.Adversarial], a.BrokenBy),
                (turned[(int)b.Label], turned[(int)b.Clean], turned[(int)b.Adversarial], b.BrokenBy));
            Assert.Equal(a.Margin, b.Margin, 1e-5);
        }
        foreach (var c in summary.Classes) Assert.Equal(c, Assert.Single(other.Classes, o => o.Name == c.Name));
        Assert.Equal(turned, other.Classes.Select(c => c.Name));
        Assert.Contains("were matched by name: 0, 1, 2", Assert.Single(other.Findings!, f => f.Check == "model").Message);
        Assert.DoesNotContain(summary.Findings!, f => f.Check == "model");
    }

    [Fact]
    public void Fewer_classes_are_measured_against_all_that_the_model_knows()
    {
        using var all = Images(Known);
        using var some = Images("eel", "cat");
        var (_, before) = Evaluate(all, null, "fgsm");
        var (summary, after) = Evaluate(some, null, "fgsm");
        string[] names = ["eel", "cat", "dog"];
        Assert.Equal(names, summary.Classes.Select(c => c.Name));
        Assert.Equal([false, false, true], summary.Classes.Select(c => c.N == 0));
        Assert.Equal(before.Where(r => r.Label != 1).Select(r => (r.Index, Known[r.Label], Known[r.Clean])),
            after.Select(r => (r.Index, names[r.Label], names[r.Clean])));
        // Otherwise nothing would be told apart.
        Assert.Contains(after, r => r.Clean == 2);
        Assert.Contains(summary.Findings!, f => f.Message.Contains("it has 3 classes, of which the images have 2", StringComparison.Ordinal));
    }

    [Fact]
    public void Other_classes_and_more_of_them_are_refused_by_every_way_to_a_model()
    {
        using var all = Images(Known);
        foreach (var names in (string[][])[["cat", "dog", "fox"], ["cat", "dog", "eel", "fox"]])
        {
            using var others = all.WithClasses(names);
            Refused(() => Evaluate(others), weights);
            Refused(() => Evaluate(others, r => r with { ClassNames = names, Surrogate = weights }), weights);
            Refused(() => Analyze(others), weights);
            Refused(() => RunInputs.LoadHelper(weights, new InputShape(1, 8, 8), names[..3], CPU, out _),
                names.Length == 3 ? $"helper {weights}" : null);
        }

        static void Refused(Action action, string? who)
        {
            if (who is null) return;
            Assert.Matches($"^{System.Text.RegularExpressions.Regex.Escape(who)}: (has|knows) ", Assert.Throws<InputException>(action).Message);
        }
    }

    [Fact]
    public void An_analysis_matches_each_of_two_models()
    {
        string[] names = ["eel", "cat", "dog"];
        var against = folder.File("against.safetensors");
        File.Copy(weights, against);
        using var turned = Images(names);
        using var plain = Images(Known);
        var (a, b) = (Analyze(plain), Analyze(turned, against));
        Assert.Equal(a.Rows.Select(r => (Known[r.Label], Known[r.Clean], Known[r.Worst])),
            b.Rows.Select(r => (names[r.Label], names[r.Clean], names[r.Worst])));
        Assert.Equal(b.Rows.Select(r => r.Worst), b.OtherRows!.Select(r => r.Worst));
        Assert.Equal(2, b.Summary.Remarks.Count(r => r.Contains("were matched by name", StringComparison.Ordinal)));
        Assert.Empty(a.Summary.Remarks);
    }

    [Fact]
    public void A_helper_answers_in_the_order_of_the_images()
    {
        using var helper = RunInputs.LoadHelper(weights, new InputShape(1, 8, 8), ["eel", "cat", "dog"], CPU, out var order);
        using var scope = NewDisposeScope();
        var x = ImageSet.ToPixels(pixels);
        var (own, asked) = (helper.ForEvaluation()(x), order.Apply(helper.ForEvaluation())(x));
        Assert.Equal(own[.., 2].data<float>().ToArray(), asked[.., 0].data<float>().ToArray());
        Assert.Contains("were matched by name", order.Remark);
    }

    [Fact]
    public void Names_that_are_given_count_more_than_those_of_the_file()
    {
        string[] names = ["one", "two", "three"];
        using var plain = Images(Known);
        using var renamed = plain.WithClasses(names);
        var (_, before) = Evaluate(plain);
        var (given, after) = Evaluate(renamed, r => r with { ClassNames = names });
        Assert.Equal(before, after);
        Assert.Contains(given.Findings!, f =>
            f.Message.Contains("its class names, cat, dog, eel, are replaced by the given names, one, two, three", StringComparison.Ordinal));
        Assert.Contains("has 3 classes, but 2 are named",
            Assert.Throws<InputException>(() => Evaluate(renamed, r => r with { ClassNames = ["one", "two"] })).Message);
    }

    [Fact]
    public void Going_on_asks_for_the_same_classes()
    {
        using var plain = Images(Known);
        using var renamed = plain.WithClasses(["cat", "dog", "fox"]);
        Assert.Equal("classes cat, dog, eel, not cat, dog, fox", Identity(plain).DescribeDifference(Identity(renamed)));

        static EvaluationIdentity Identity(ImageSet images) =>
            EvaluationIdentity.Create("m", "w", images, [], new());
    }

    private AnalysisResult Analyze(ImageSet images, string? against = null) =>
        new AnalysisRun(weights, new()
        {
            Attack = "fgsm", Threat = new ThreatModel(Norm.Linf, 0.05), BatchSize = 7, Seed = 1, Landscape = 0, Against = against,
        }).Execute(images, TestContext.Current.CancellationToken);
}
