using Arow.Onnx;

namespace Arow.Tests.Unit.Checkpoints;

public sealed class OnnxTests : IDisposable
{
    private const int Classes = 4;

    private static readonly InputShape Images = new(3, 5, 4);
    private static readonly float[] Weights = [.. Enumerable.Range(0, 60 * Classes).Select(i => MathF.Sin(i))];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    public void Scores_are_the_models_for_any_number_of_images_and_any_batch_that_it_takes(int batch, bool isOpaque)
    {
        using var scope = NewDisposeScope();
        using var model = Open(OnnxWriter.Linear(Weights, [batch, 3, 5, 4], Classes, isOpaque: isOpaque));
        Assert.Equal(("onnx", isOpaque ? Access.Scores : Access.Gradients), (model.Name, model.Access));
        foreach (var count in (int[])[1, 3, 4, 9]) Near(Expected(Pixels(count)), model.Classifier(Pixels(count)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Labels_are_told_as_the_class_with_the_largest_score_and_no_more(int batch)
    {
        using var scope = NewDisposeScope();
        using var model = Open(OnnxWriter.Linear(Weights, [batch, 3, 5, 4], Classes, labels: true));
        Assert.Equal(Access.Labels, model.Access);
        Near(F.one_hot(Expected(Pixels(9)).argmax(1), Classes).to(ScalarType.Float32), model.Classifier(Pixels(9)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Channels_may_come_last(int batch)
    {
        using var scope = NewDisposeScope();
        using var model = Open(OnnxWriter.Linear(Weights, [batch, 5, 4, 3], Classes));
        Near(Expected(Pixels(3).permute(0, 2, 3, 1)), model.Classifier(Pixels(3)));
    }

    [Fact]
    public void A_normalisation_is_the_files_unless_one_is_given()
    {
        using var scope = NewDisposeScope();
        var bytes = OnnxWriter.Linear(Weights, [0, 3, 5, 4], Classes, metadata: new Dictionary<string,
            string>
        { ["mean"] = "0.1 0.2 0.3", ["std"] = "0.5" });
        using var found = Open(bytes);
        Assert.Equal([0.1, 0.2, 0.3], found.Normalization.Mean);
        Near(Expected(new Normalization([0.1, 0.2, 0.3], [0.5]).Apply(Pixels(2))), found.Classifier(Pixels(2)));
        using var given = Open(bytes, s => s with { Normalization = new Normalization([0.5], [0.25]) });
        Near(Expected((Pixels(2) - 0.5) / 0.25), given.Classifier(Pixels(2)));
        Refused(OnnxWriter.Linear(Weights, [0, 3, 5, 4], Classes, metadata: new Dictionary<string, string> { ["mean"] = "x", ["std"] = "1" }),
            "no numbers for 'mean'");
    }

    [Fact]
    public void Numbers_may_lie_in_a_file_beside_it_and_nowhere_else()
    {
        using var scope = NewDisposeScope();
        File.WriteAllBytes(folder.File("weights.bin"), OnnxWriter.Raw(Weights));
        using (var model = Open(External("weights.bin"))) Near(Expected(Pixels(2)), model.Classifier(Pixels(2)));
        foreach (var elsewhere in (string[])["../weights.bin", "/etc/passwd", "", "..", "a\\b"]) Refused(External(elsewhere),
            "only files in the same folder are read");
        Refused(External("nothing.bin"), "'nothing.bin'", "not in the same folder");
        File.WriteAllBytes(folder.File("weights.bin"), OnnxWriter.Raw(Weights[1..]));
        Refused(External("weights.bin"), "truncated or another");
        File.CreateSymbolicLink(folder.File("link.bin"), "/etc/passwd");
        Refused(External("link.bin"), "not in the same folder");

        static byte[] External(string name) => OnnxWriter.Linear(Weights, [0, 3, 5, 4], Classes, external: name);
    }

    [Fact]
    public void What_is_for_other_images_or_classes_or_is_damaged_is_refused_in_one_line()
    {
        var good = OnnxWriter.Linear(Weights, [0, 3, 5, 4], Classes);
        Refused(good, s => s with { Classes = 5 }, "has 4 classes, but the images have 5");
        Refused(good, s => s with { Input = new InputShape(3, 4, 5) }, "takes a float32 tensor [N, 3, 5, 4], but the images are 3x4x5; ImageSize resizes them");
        Refused(OnnxWriter.Linear(Weights, [0, 60], Classes), "instead of images, a float32 tensor [N, 3, 5, 4]");
        Refused(OnnxWriter.Linear(Weights[..^4], [0, 3, 5, 4], Classes), "cannot be loaded by ONNX Runtime");
        Refused(good[..(good.Length / 2)], "damaged or truncated");
        Refused(good, s => s with { OpenOnnx = null }, "Arow.Onnx");
        // Labels of more classes than the images have are found when they come.
        using var scope = NewDisposeScope();
        var threes = Weights.Select((w, i) => i % Classes == 3 ? 10f : 0f).ToArray();
        Refused(OnnxWriter.Linear(threes, [0, 3, 5, 4], Classes, labels: true), s =>
            s with { Classes = 2 }, "gives label 3, but the images have 2 classes");
    }

    [Fact]
    public void It_leaves_no_tensor()
    {
        var source = Put(OnnxWriter.Linear(Weights, [2, 5, 4, 3], Classes));
        using var x = Pixels(3).DetachFromDisposeScope();
        LiveTensors.AssertNoneLeft(() =>
        {
            using var model = ModelFile.Open(source);
            model.Classifier(x).Dispose();
        });
    }

    private LoadedModel Open(byte[] bytes, Func<ModelSource, ModelSource>? with = null) => ModelFile.Open((with ?? (s => s))(Put(bytes)));

    private void Refused(byte[] bytes, params string[] says) => MadeModel.AssertRefused(Put(bytes), says);

    private void Refused(byte[] bytes, Func<ModelSource, ModelSource> with, params string[] says) => MadeModel.AssertRefused(with(Put(bytes)), says);

    /// <summary>The content says what it is, not the name.</summary>
    private ModelSource Put(byte[] bytes)
    {
        File.WriteAllBytes(folder.File("model"), bytes);
        return new ModelSource(folder.File("model"), Images, Classes) { OpenOnnx = OnnxModel.Open };
    }

    private static Tensor Pixels(int count)
    {
        using var scope = NewDisposeScope();
        return (0.5f + 0.5f * (0.83f * arange(count * 60, dtype: ScalarType.Float32)).sin()).reshape(count, 3, 5, 4).MoveToOuterDisposeScope();
    }

    private static Tensor Expected(Tensor images) => F.linear(images.flatten(1).to(ScalarType.Float32), tensor(Weights).reshape(60, Classes).t());

    /// <summary>1e-5: float32 sums of sixty products in another order.</summary>
    private static void Near(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.True((expected - actual).abs().max().item<float>() < 1e-5f);
    }
}
