using Arow.Onnx;

namespace Arow.Tests.Unit.Evaluation;

/// <summary>
/// Whole evaluations of models of other makes. One network is kept as TorchScript, with gradients, and as ONNX with an operator that has none.
/// </summary>
public sealed class AnybodysModelTests : IDisposable
{
    private const int Classes = 5;
    private const int Count = 24;

    private readonly TemporaryFolder folder = new();
    private readonly string script, onnx, labels;
    private readonly ImageSet images;
    private int evaluations;

    public AnybodysModelTests()
    {
        var weights = Enumerable.Range(0, 189 * Classes).Select(i => MathF.Sin(i)).ToArray();
        script = Put("script.pt", ZipWriter.Write(TorchScriptWriter.Records(TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), self.w)"))));
        onnx = Put("scores.onnx", OnnxWriter.Linear(weights, [7, 3, 9, 7], Classes, isOpaque: true));
        labels = Put("labels.onnx", OnnxWriter.Linear(weights, [0, 3, 9, 7], Classes, labels: true));
        using var scope = NewDisposeScope();
        var pixels = (127.5 + 127.5 * (0.83 * arange(Count * 189, dtype: ScalarType.Float64)).sin()).reshape(Count, 3, 9, 7).round()
            .to(ScalarType.Byte);
        var y = F.linear(ImageSet.ToPixels(pixels).flatten(1), tensor(weights).reshape(189, Classes).t()).argmax(1);
        images = new ImageSet("waves", pixels, y, ["a", "b", "c", "d", "e"]);
    }

    public void Dispose()
    {
        images.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void A_surrogate_that_is_the_model_itself_does_what_an_attack_on_the_model_does()
    {
        var white = Evaluate(script, "pgd20", Norm.Linf, "0.004");
        var black = Evaluate(onnx, "pgd20", Norm.Linf, "0.004", r => r with { Surrogate = script });
        Assert.InRange(white.RobustAccuracy, 0.05, 0.95); // else nothing is told apart
        Assert.Equal((1.0, white.RobustAccuracy), (black.CleanAccuracy, black.RobustAccuracy));
        Assert.Equal(["transfer-pgd20"], black.Attacks.Select(a => a.Name));
        Assert.Equal(white.RobustAccuracy, Evaluate(labels, "pgd20", Norm.Linf, "0.004", r => r with { Surrogate = script }).RobustAccuracy);
    }

    [Fact]
    public void A_surrogate_that_is_another_model_turns_less()
    {
        // The classes' weights in another order: what turns one turns the other by chance only.
        var other = Enumerable.Range(0, 189 * Classes).Select(i => MathF.Cos(1.7f * i)).ToArray();
        var records = TorchScriptWriter.Records(TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), self.w)"));
        var surrogate = Put("other.pt", ZipWriter.Write(records.Select(r => r.Name == "m/data/0" ? (r.Name, OnnxWriter.Raw(other)) : r)));
        Assert.True(Evaluate(onnx, "pgd20", Norm.Linf, "0.004", r => r with { Surrogate = surrogate }).RobustAccuracy
            > Evaluate(script, "pgd20", Norm.Linf, "0.004").RobustAccuracy + 0.2);
    }

    [Fact]
    public void Attacks_ask_for_no_more_than_the_model_shows()
    {
        Assert.InRange(Evaluate(onnx, "square", Norm.Linf, "0.01", r => r with { Budget = new(Queries: 50) }).RobustAccuracy, 0, 0.99);
        Assert.InRange(Evaluate(labels, "hopskipjump", Norm.L2, "0.3", r => r with { Budget = new(Queries: 300) }).RobustAccuracy, 0, 0.99);
        Refused(onnx, "pgd20", null, "pgd20 needs gradients", "operator SequenceConstruct is not supported", "square", "Surrogate = MODEL");
        Refused(labels, "square", null, "square needs scores", "hopskipjump", "Surrogate = MODEL");
        Refused(onnx, "pgd20", onnx, "has no gradients, so it cannot be a surrogate");
    }

    [Fact]
    public void Mean_and_deviation_that_are_given_are_the_models_and_said()
    {
        // (x − 0.5) / 0.25 before a linear layer scales margins by four and moves them: to have the old ones again, a
        // model for such images would have other weights. Labels are of the plain model, so that accuracy must fall.
        var told = new Normalization([0.5, 0.1, 0.9], [0.25]);
        var summary = Evaluate(script, "fgsm", Norm.Linf, "0.004", r => r with { Normalization = told });
        Assert.InRange(summary.CleanAccuracy, 0, 0.95);
        Assert.Equal(summary.CleanAccuracy,
            Evaluate(onnx, "fgsm", Norm.Linf, "0.004", r => r with { Normalization = told, Surrogate = script }).CleanAccuracy);
        Assert.Equal(1, Evaluate(script, "fgsm", Norm.Linf, "0.004", r => r with { Normalization = new([0], [1]) }).CleanAccuracy);
        var fault = Assert.Throws<InputException>(() =>
            Evaluate(script, "fgsm", Norm.Linf, "0.004", r => r with { Normalization = new([0.5, 0.5], [1]) }));
        Assert.DoesNotContain('\n', fault.Message);
        Assert.Contains("the given normalisation has a mean of 2 numbers", fault.Message);
    }

    /// <summary>Scripts with gradients, scores and labels alone: what names their outputs puts them in order.</summary>
    [Fact]
    public void The_order_of_outputs_is_said_or_can_be_given()
    {
        string[] names = ["a", "b", "c", "d", "e"], other = ["e", "a", "d", "b", "c"];
        using var scope = NewDisposeScope();
        using var turned = new ImageSet("folder", images.Images.alias(),
            tensor([.. names.Select(n => (long)Array.IndexOf(other, n))]).index_select(0, images.Labels), other);
        foreach (var model in (string[])[script, onnx, labels])
        {
            var plain = Evaluate(model, null, Norm.Linf, "0.004");
            Assert.Equal(1, plain.CleanAccuracy);
            Assert.Single(plain.Findings!, f => f.Check == "model" && f.Message.Contains("in this order: a, b, c, d, e", StringComparison.Ordinal));
            Assert.InRange(Evaluate(model, null, Norm.Linf, "0.004", on: turned).CleanAccuracy, 0, 0.5);
            Assert.Equal(1, Evaluate(model, null, Norm.Linf, "0.004", r => r with { ClassNames = names }, turned).CleanAccuracy);
        }
        foreach (var model in (string[])[script, onnx])
            Assert.Contains("has 5 classes, but 6 are named: a, b, c, d, e, f",
                Assert.Throws<InputException>(() => Evaluate(model, null, Norm.Linf, "0.004", r => r with { ClassNames = [.. names, "f"] })).Message);
        // More outputs than the images have classes, and what each is.
        using var few = turned.Select((turned.Labels < 2).nonzero().flatten());
        using var two = few.WithClasses(["e", "a"]);
        Assert.Equal(1, Evaluate(script, "pgd20", Norm.Linf, "0.001", r => r with { ClassNames = names }, two).CleanAccuracy);
        Assert.Contains("has 5 classes, but the images have 2, e, a; OutputClassNames",
            Assert.Throws<InputException>(() => Evaluate(script, null, Norm.Linf, "0.004", on: two)).Message);
    }

    private void Refused(string model, string attack, string? surrogate, params string[] says)
    {
        var fault = Assert.Throws<InputException>(() => Evaluate(model, attack, Norm.Linf, "0.01", r => r with { Surrogate = surrogate }));
        Assert.DoesNotContain('\n', fault.Message);
        foreach (var word in says) Assert.Contains(word, fault.Message);
    }

    private EvaluationSummary Evaluate(
        string model, string? attack, Norm norm, string epsilon, Func<EvaluationOptions, EvaluationOptions>? with = null, ImageSet? on = null)
    {
        var options = new EvaluationOptions
        {
            Attacks = attack is null ? [] : [attack], Threat = new(norm, Ratio.Parse(epsilon)!.Value),
            BatchSize = 10
        };
        var run = new EvaluationRun(model, with?.Invoke(options) ?? options)
        {
            Open = source =>
            ModelFile.Open(source with { OpenOnnx = OnnxModel.Open })
        };
        return run.Execute(on ?? images, new EvaluationFolder(folder.File($"{evaluations++}")), TestContext.Current.CancellationToken);
    }

    private string Put(string name, byte[] bytes)
    {
        File.WriteAllBytes(folder.File(name), bytes);
        return folder.File(name);
    }
}
