using Arow.Evaluation.Checks;

namespace Arow.Tests.Unit.Evaluation;

/// <summary>Classes of unequal size: what chance is there, what is said of a model that gives all images one class, and balanced accuracy.</summary>
public sealed class ImbalanceTests : IDisposable
{
    private static readonly ThreatModel Threat = new(Norm.Linf, 0.1);

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly List<IDisposable> made = [];

    public void Dispose()
    {
        foreach (var one in made) one.Dispose();
        scope.Dispose();
    }

    /// <summary>Images whose first pixel says their class.</summary>
    private ImageSet Images(params int[] counts)
    {
        long[] labels = [.. counts.SelectMany((count, k) => Enumerable.Repeat((long)k, count))];
        using var generator = new Generator(5);
        var pixels = randint(100, 156, [labels.Length, 1, 3, 3], ScalarType.Byte, generator: generator);
        pixels[.., 0, 0, 0] = (tensor(labels) * 60).to(ScalarType.Byte);
        made.Add(new ImageSet("made", pixels, tensor(labels), [.. counts.Select((_, k) => $"class {(char)('a' + k)}")]));
        return (ImageSet)made[^1];
    }

    /// <summary>Reads the first pixel.</summary>
    private static Tensor Sees(Tensor x, int classes) => -(x[.., 0, 0, 0].unsqueeze(1) * 255 - 60 * arange(classes)).abs();

    private EvaluationResult Evaluate(ImageSet images, Classifier f, params IAttack[] attacks) =>
        new Evaluator(new AttackRunner(f, images, 64, seed: 0)) { Check = true }.Run(attacks, TestContext.Current.CancellationToken);

    private static IEnumerable<string> Named(EvaluationResult result) => result.Findings.Select(f => f.Check);

    /// <summary>One of constant logits, one that leans on a bias, one without gradients: each of them masked gradients' symptom.</summary>
    [Theory]
    [InlineData(95, 5, 0)]
    [InlineData(5, 95, 1)]
    [InlineData(50, 50, 0)]
    public void A_constant_is_called_one_and_nothing_else_is_made_of_it(int a, int b, int given)
    {
        var images = Images(a, b);
        var bias = tensor(given == 0 ? (float[])[5, -5] : [-5, 5]);
        Classifier[] constants =
        [
            x => 0.01 * stack([x.mean([1, 2, 3]), -x.mean([1, 2, 3])], 1) + bias,
            x => 0 * x.flatten(1)[.., ..2] + bias,
            x => x.round().flatten(1)[.., ..2] * 0 + bias,
        ];
        foreach (var f in constants)
        {
            var result = Evaluate(images, f, Pgd.Standard(Threat, 5), new Fgsm(Threat));
            Assert.Equal(["constant-prediction"], Named(result));
            var finding = result.Findings.Single();
            Assert.Equal(FindingLevel.Warning, finding.Level);
            Assert.StartsWith($"All 100 images are classified as 'class {(given == 0 ? 'a' : 'b')}', though {(given == 0 ? b : a)} are of other classes.",
                finding.Message);
            Assert.Contains("50.0 %, where a constant has 50.0 %", finding.Advice);
        }
    }

    /// <summary>Beyond and short of 99 in 100.</summary>
    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Nearly_constant_is_constant(int otherwise, bool found)
    {
        var images = Images(160, 20, 20);
        var rows = Rows(images, (_, i) => i < otherwise ? 1 : 0);
        Assert.Equal(found, ConstantPrediction.Holds(rows));
        if (found) Assert.Contains("198 of 200 images are classified as 'class a', including 40 of the 40 images of other classes",
            Finding(ConstantPrediction.Find, images, rows)!.Message);
    }

    [Fact]
    public void A_good_model_on_images_of_nearly_one_class_is_no_constant()
    {
        var images = Images(995, 5);
        Assert.False(ConstantPrediction.Holds(Rows(images, (label, _) => label)));
        Assert.Empty(Named(Evaluate(Images(199, 1), x => Sees(x, 2))));
        // One class alone says nothing of others.
        Assert.False(ConstantPrediction.Holds(Rows(Images(50, 0), (_, _) => 0)));
    }

    /// <summary>Guessing by how common classes are, and better than that.</summary>
    [Theory]
    [InlineData("as they come", true)]
    [InlineData("half of the rare ones", false)]
    [InlineData("all", false)]
    public void Chance_is_the_share_of_the_largest_class(string right, bool found)
    {
        var images = Images(140, 40, 20);
        var rows = Rows(images, (label, i) => right switch
        {
            "as they come" => i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2,
            // Accuracy 75 % is below that of a constant... but not for want of telling classes apart.
            "half of the rare ones" => label == 0 ? (i % 10 < 6 ? 0 : 1) : i % 4 == 0 ? 0 : label,
            _ => label,
        });
        var finding = Finding(NearChance.Find, images, rows);
        Assert.Equal(found, finding is not null);
        if (found) Assert.Contains("predicting the largest class for every image would reach 70.0 %", finding!.Message);
    }

    [Fact]
    public void Images_of_the_commonest_class_may_stand_at_any_size()
    {
        // In grey all images are of class a, as 95 of 100 images are.
        Tensor Leaning(Tensor x) => stack([4 - 8 * x[.., 0, 0, 0], 8 * x[.., 0, 0, 0] - 0.8], 1) + tensor(new[] { 6f, 0f });
        var result = Evaluate(Images(95, 5), Leaning, Pgd.Standard(Threat, 5));
        Assert.DoesNotContain("huge-epsilon", Named(result));
    }

    [Fact]
    public void Classes_that_no_image_gets_are_named()
    {
        var images = Images(30, 30, 10, 12, 4);
        var finding = Finding(NeverPredicted.Find, images, Rows(images, (label, _) => label < 2 ? label : 0))!;
        Assert.Equal("No image gets the classes class c (10 images), class d (12 images).", finding.Message);
        Assert.Null(Finding(NeverPredicted.Find, images, Rows(images, (label, _) => label)));
    }

    [Fact]
    public void Balanced_accuracy_is_the_mean_over_the_classes_that_have_images()
    {
        var images = Images(90, 0, 10);
        var summary = EvaluationSummary.Create(
            new EvaluationResult(Rows(images, (_, _) => 0), []), images.Classes,
            new EvaluationSubject("m", "w", "h", null, null, "made", "linf", "0", 0), "rows.tsv");
        Assert.Equal((0.9, 0.5, 0.5), (summary.CleanAccuracy, summary.BalancedCleanAccuracy, summary.BalancedRobustAccuracy));
        Assert.Equal(2, summary.ClassesPresent);
        Assert.Contains("\"balanced_clean_accuracy\":0.5", summary.ToJsonLine());
    }

    [Fact]
    public void Balanced_accuracy_is_told_after_each_attack()
    {
        var images = Images(40, 10);
        var result = Evaluate(images, x =>
            Sees(x, 2), Pgd.Standard(new ThreatModel(Norm.Linf, 0.05), 3), Pgd.Standard(new ThreatModel(Norm.Linf, 0.3), 3) with { });
        foreach (var attack in result.Attacks) Assert.NotNull(attack.Balanced);
        Assert.Equal(BalancedAccuracy.Compute(result.Rows, r => r.Robust), result.Attacks[^1].Balanced);
    }

    private Finding? Finding(Func<ModelCheckContext, Finding?> find, ImageSet images, IReadOnlyList<SampleResult> rows)
    {
        var probe = new ModelCheckContext(x => Sees(x, images.Classes.Count), images, rows, [], Access.Gradients);
        made.Add(probe);
        return find(probe);
    }

    private static SampleResult[] Rows(ImageSet images, Func<long, int, long> given) =>
        [.. images.Labels.data<long>().ToArray()
            .Select((y, i) => given(y, i) is var k ? new SampleResult(i, y, k, k, k == y ? null : "clean", 1, 0) : null!)];
}
