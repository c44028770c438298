using Arow.Export;
using Arow.Onnx;
using Arow.Onnx.Graphs;
using Arow.Tests.Unit.Checkpoints;

namespace Arow.Tests.Unit.Onnx;

/// <summary>ONNX files with gradients: which output, what is before its probabilities, what ONNX Runtime decides, and what is a black box.</summary>
[Numeric]
public sealed class OnnxGradientsTests : IDisposable
{
    private const int Classes = 4;

    private static readonly InputShape Images = new(3, 5, 4);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("", 0)]
    [InlineData("Softmax", 0)]
    [InlineData("Sigmoid", 0)]
    [InlineData("three steps", 0)]
    [InlineData("Softmax, reshaped", 3)]
    public void Logits_are_taken_before_the_probabilities_and_have_the_gradients_of_the_graph(string end, int batch)
    {
        using var scope = NewDisposeScope();
        var (builder, scores, weights) = Linear(batch);
        var output = end switch
        {
            "" => scores,
            "three steps" => ThreeSteps(builder, scores),
            "Softmax, reshaped" => builder.Node("Reshape", [builder.Node("Softmax", [scores], ("axis", 1L)), List(builder, 3, -1)]),
            _ => builder.Node(end, [scores]),
        };
        using var model = Open(builder.Node("Identity", "", [output], ["y"]).Output("y"));
        Assert.Equal(Access.Gradients, model.Access);
        Assert.Equal(end.Length > 0, model.Remarks.Any(r => r.Contains("the logits are taken before it", StringComparison.Ordinal)));
        Assert.Contains(model.Remarks, r => r.Contains("if ONNX Runtime misclassifies it", StringComparison.Ordinal));
        var x = Pixels(7).requires_grad_();
        var z = model.Classifier(x);
        AssertClose(F.linear(x.flatten(1), weights.t()), z);
        (z.select(1, 2) - z.select(1, 0)).sum().backward(inputs: [x]);
        AssertClose((weights.select(1, 2) - weights.select(1, 0)).reshape(1, 3, 5, 4).expand(7, 3, 5, 4), x.grad!);
        // The judge's are known up to a constant.
        var judged = model.Judge!(x);
        Assert.False(judged.requires_grad);
        AssertClose(end is "" or "Sigmoid" ? z : z.log_softmax(1), judged);

        static string ThreeSteps(OnnxBuilder builder, string scores)
        {
            var exponential = builder.Node("Exp", [builder.Node("Sub", [scores, builder.Node("ReduceMax", [scores], ("axes", (long[])[1]))])]);
            return builder.Node("Div", [exponential, builder.Node("ReduceSum", [exponential, List(builder, 1)])]);
        }
    }

    [Fact]
    public void An_output_is_selected_by_width_and_name_and_never_the_first_of_two()
    {
        using var scope = NewDisposeScope();
        // Features of another width, logits and their probabilities.
        var (builder, scores, _) = Linear();
        builder.Node("Flatten", "", ["x"], ["features"]).Node("Softmax", "", [scores], ["p"]).Node("Identity", "", [scores], ["z"]);
        using (var model = Open(builder.Output("features", "p", "z")))
            Assert.Contains(model.Remarks, r => r.Contains("output 'z' [2, 4] is evaluated, of 'features' [2, 60], 'p' [2, 4], 'z' [2, 4]", StringComparison.Ordinal));
        // Two that are not the same function.
        var (two, first, _) = Linear();
        two.Node("Neg", "", [first], ["minus"]).Node("Identity", "", [first], ["plus"]).Output("plus", "minus");
        Refused(Put(two), "several outputs could be the logits: 'plus' [2, 4], 'minus' [2, 4]; select one with");
        using (var model = ModelFile.Open(Put(two) with { OutputName = "minus" })) AssertClose(-Expected(Pixels(3)), model.Classifier(Pixels(3)));
        Refused(Put(two) with { OutputName = "none" }, "has no output 'none'", "'plus'");
        // One of them is called so.
        var (named, logits, _) = Linear();
        named.Node("Neg", "", [logits], ["aux"]).Node("Identity", "", [logits], ["logits"]).Output("aux", "logits");
        using (var model = Open(named)) AssertClose(Expected(Pixels(3)), model.Classifier(Pixels(3)));
        Refused(Put(Features()), "none of its outputs are logits of 4 classes");

        static OnnxBuilder Features()
        {
            var (builder, scores, _) = Linear();
            return builder.Node("Flatten", "", ["x"], ["a"]).Node("Concat", "", [scores, scores], ["b"], ("axis", 1L)).Output("a", "b");
        }
    }

    [Fact]
    public void What_has_no_gradients_remains_a_black_box_and_says_why()
    {
        using var scope = NewDisposeScope();
        var (other, scores, _) = Linear();
        Check(other.Import("com.microsoft", 1).Node("Gelu", "com.microsoft", [scores], ["y"]), "operator com.microsoft.Gelu is not supported");
        var (rounded, whole, _) = Linear();
        var integers = rounded.Node("Cast", [rounded.Node("Mul", [whole, rounded.Constant(tensor(100f))])], ("to", 7L));
        Check(rounded.Node("Cast", "", [integers], ["y"], ("to", 1L)), "in a way that can be differentiated");

        void Check(OnnxBuilder builder, string says)
        {
            using var model = Open(builder.Output("y"));
            Assert.Equal(Access.Scores, model.Access);
            Assert.Null(model.Judge);
            Assert.Contains(says, model.AccessReason);
            Assert.Contains(model.Remarks, r => r.Contains("has no gradients: ", StringComparison.Ordinal) && r.Contains(says, StringComparison.Ordinal));
            Assert.Equal([9, Classes], model.Classifier(Pixels(9)).shape);
        }
    }

    /// <summary>As exports of networks with layers in float64 are, and in float16 as converters write them.</summary>
    [Fact]
    public void Images_and_logits_of_other_floating_point_types_are_passed_so()
    {
        using var scope = NewDisposeScope();
        var (doubled, scores, _) = Linear();
        using (var model = Open(doubled.Node("Cast", "", [scores], ["y"], ("to", 11L)).Output("y")))
        {
            Assert.Equal(Access.Gradients, model.Access);
            AssertClose(Expected(Pixels(3)), model.Judge!(Pixels(3)));
            AssertClose(Expected(Pixels(3)), model.Classifier(Pixels(3)));
        }
        foreach (var (type, name, limit) in ((long, string, double)[])[(11L, "float64", 1e-5), (10L, "float16", 0.03)])
        {
            // Sixty products of numbers up to 1, rounded to 11 bits.
            var builder = new OnnxBuilder(13).TypedInput("x", type, 0, 3, 5, 4);
            var single = builder.Node("Cast", [builder.Node("Flatten", ["x"])], ("to", 1L));
            builder.Node("Cast", "", [builder.Node("MatMul", [single, builder.Constant(Weights())])], ["y"], ("to", type)).Output("y");
            using var model = Open(builder);
            Assert.Contains(model.Remarks, r => r.Contains($"takes {name}: it gets the images in that type", StringComparison.Ordinal));
            var judged = (model.Judge ?? model.Classifier)(Pixels(3));
            Assert.Equal(ScalarType.Float32, judged.dtype);
            Assert.InRange((judged - Expected(Pixels(3))).abs().max().item<float>(), 0, limit);
        }
    }

    /// <summary>Before version 14 batch norm is in training mode if it has more outputs, and normalises by the other images of the batch.</summary>
    [Theory]
    [InlineData(9)]
    [InlineData(14)]
    public void Batch_norm_in_training_mode_is_named(int opset)
    {
        using var scope = NewDisposeScope();
        var builder = new OnnxBuilder(opset).Input("x", 0, 3, 5, 4);
        string[] inputs = ["x", .. Enumerable.Range(0, 4).Select(_ => builder.Constant(ones(3)))];
        if (opset < 14) builder.Node("BatchNormalization", "", inputs, ["n", "a", "b", "c", "d"]);
        else builder.Node("BatchNormalization", "", inputs, ["n", "a", "b"], ("training_mode", 1L));
        var scores = builder.Node("MatMul", [builder.Node("Flatten", ["n"]), builder.Constant(Weights())]);
        File.WriteAllBytes(folder.File("norm.onnx"), builder.Node("Identity", "", [scores], ["y"]).Output("y").ToBytes());
        var fault = Assert.Throws<UnsupportedGraphException>(() =>
        {
            using var interpreter = GraphInterpreter.Create(GraphReader.Read(folder.File("norm.onnx"), ScalarType.Float32), ["y"], ScalarType.Float32, CPU);
            interpreter.Run(Pixels(2), "y");
        });
        Assert.Contains("BatchNormalization is in training mode", fault.Message);
    }

    /// <summary>Half precision is computed in single here: where that makes a difference, the graph is not the model.</summary>
    [Fact]
    public void A_graph_that_gives_other_logits_than_ONNX_Runtime_is_not_attacked_with_gradients()
    {
        using var scope = NewDisposeScope();
        var (builder, scores, _) = Linear();
        var large = builder.Node("Add", [scores, builder.Constant(tensor(4096f))]);
        var half = builder.Node("Cast", [builder.Node("Cast", [large], ("to", 10L))], ("to", 1L));
        using var model = Open(builder.Node("Sub", "", [half, builder.Constant(tensor(4096f))], ["y"]).Output("y"));
        Assert.Equal(Access.Scores, model.Access);
        Assert.Contains("gives other logits", model.AccessReason);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    public void A_graph_that_contains_its_number_of_images_takes_any(int inside, int batch)
    {
        using var scope = NewDisposeScope();
        var (builder, weights) = (new OnnxBuilder(13).Input("x", batch, 3, 5, 4), Weights());
        var flat = builder.Node("Reshape", ["x", List(builder, inside, 60)]);
        using var model = Open(builder.Node("MatMul", "", [flat, builder.Constant(weights)], ["y"]).Output("y"));
        Assert.Equal(Access.Gradients, model.Access);
        foreach (var count in (int[])[1, 3, 5])
        {
            AssertClose(Expected(Pixels(count)), model.Classifier(Pixels(count)));
            AssertClose(Expected(Pixels(count)), model.Judge!(Pixels(count)));
        }
    }

    [Fact]
    public void One_logit_is_two_classes_and_grey_images_are_repeated_for_colour()
    {
        using var scope = NewDisposeScope();
        foreach (var (end, isFlat) in ((string, bool)[])[("Identity", false), ("Sigmoid", false), ("Identity", true), ("Sigmoid", true)])
        {
            var builder = new OnnxBuilder(13).Input("x", 0, 3, 5, 4);
            var weights = Weights()[.., ..1];
            var scores = builder.Node("MatMul", [builder.Node("Flatten", ["x"]), builder.Constant(weights)]);
            if (isFlat) scores = builder.Node("Reshape", [scores, List(builder, -1)]);
            builder.Node(end, "", [scores], ["y"]).Output("y");
            using var model = ModelFile.Open(Put(builder) with { Classes = 2, Input = new InputShape(1, 5, 4) });
            Assert.Equal(Access.Gradients, model.Access);
            Assert.Contains(model.Remarks, r => r.Contains("grey images are repeated", StringComparison.Ordinal));
            Assert.Contains(model.Remarks, r => r.Contains("[0, z]", StringComparison.Ordinal));
            var grey = Pixels(4)[.., ..1];
            var expected = F.linear(grey.expand(4, 3, 5, 4).flatten(1), weights.t());
            AssertClose(cat([zeros_like(expected), expected], 1), model.Classifier(grey));
            AssertClose(cat([zeros_like(expected), expected], 1), model.Judge!(grey));
        }
    }

    /// <summary>As tf2onnx writes networks of Keras: channels last, transposed, padded as SAME, softmax at the end.</summary>
    [Theory]
    [InlineData(9, 8)]
    [InlineData(13, 11)]
    public void Channels_may_come_last_and_paddings_be_uneven(int side, int opset)
    {
        using var scope = NewDisposeScope();
        var builder = new OnnxBuilder(opset).Input("x", 0, side, side, 3);
        Tensor Made(params long[] shape) =>
            (arange(shape.Aggregate((a, b) => a * b), dtype: ScalarType.Float32) * 1.7 + shape[0]).sin().reshape(shape) * 0.4;
        string Add(string kind, string[] inputs, params (string, object)[] attributes) => builder.Node(kind, inputs, attributes);
        var x = Add("Transpose", ["x"], ("perm", (long[])[0, 3, 1, 2]));
        x = Add("Conv", [x, builder.Constant(Made(8, 3, 3, 3)), builder.Constant(Made(8))], ("strides", (long[])[2, 2]), ("auto_pad", "SAME_UPPER"));
        x = Add("Max", [x, Add("Mul", [x, builder.Constant(tensor(0.3f))])]);
        x = Add("Conv", [x, builder.Constant(Made(8, 1, 3, 3))], ("pads", (long[])[0, 0, 1, 1]), ("group", 8L));
        x = Add("BatchNormalization", [x, .. ((Tensor[])[Made(8) + 1, Made(8), Made(8), Made(8) + 1]).Select(builder.Constant)]);
        x = Add("AveragePool", [Add("Elu", [x])], ("kernel_shape", (long[])[3, 3]), ("strides", (long[])[2, 2]), ("auto_pad", "SAME_LOWER"));
        x = Add("ReduceMean", [x], ("axes", (long[])[2, 3]), ("keepdims", 0L));
        x = Add("Add", [Add("MatMul", [x, builder.Constant(Made(8, Classes))]), builder.Constant(Made(Classes))]);
        using var model = ModelFile.Open(
            Put(builder.Node("Softmax", "", [x], ["dense"], ("axis", 1L)).Output("dense")) with { Input = new InputShape(3, side, side) });
        Assert.Equal(Access.Gradients, model.Access);
        var images = (0.5f + 0.5f * (0.83f * arange(6 * side * side, dtype: ScalarType.Float32)).sin()).reshape(2, 3, side, side);
        images.requires_grad_();
        var z = model.Classifier(images);
        AssertClose(model.Judge!(images), z.log_softmax(1));
        z.select(1, 0).sum().backward(inputs: [images]);
        Assert.True((images.grad! != 0).any().item<bool>());
    }

    [Fact]
    public void Threads_attack_one_model()
    {
        using var model = Open(Simple());
        Parallel.For(0, 16, i =>
        {
            using var scope = NewDisposeScope();
            AssertClose(Expected(Pixels(i + 1)), model.Classifier(Pixels(i + 1)));
        });
    }

    [Fact]
    public void It_leaves_no_tensor()
    {
        var source = Put(Simple());
        using var x = Pixels(3).DetachFromDisposeScope();
        LiveTensors.AssertNoneLeft(() =>
        {
            using var model = ModelFile.Open(source);
            using var scope = NewDisposeScope();
            var point = x.clone().requires_grad_();
            model.Classifier(point).sum().backward(inputs: [point]);
            model.Judge!(x);
        });
    }

    /// <summary>Attacks through the file and through the network; queries in place of gradients break fewer.</summary>
    [Fact]
    public void Pgd_through_a_file_breaks_what_it_does_through_the_network_and_more_than_Square()
    {
        const int Count = 32;
        using var network = Network.Create("tiny-cnn", new InputShape(3, 16, 16), Classes, Normalization.None, 1);
        using var images = Fitted(network, Count);
        NetworkFile.Save(folder.File("network.safetensors"), network, new Dictionary<string, string>(), images.Classes);
        OnnxExport.Write(folder.File("network.onnx"), network, new OnnxExportOptions());
        // The first size at which half of the images break.
        var epsilon = ((string[])["1/255", "2/255", "4/255", "8/255", "16/255", "32/255"])
            .First(e => Broken("network.safetensors", "pgd20", e).Count >= Count / 2);
        var (own, through) = (Broken("network.safetensors", "pgd20", epsilon), Broken("network.onnx", "pgd20", epsilon));
        // An image at the very edge may fall on either side.
        Assert.InRange(own.Except(through).Count() + through.Except(own).Count(), 0, 1);
        Assert.InRange(Broken("network.onnx", "square", epsilon).Count, 0, through.Count - 1);

        HashSet<long> Broken(string file, string attack, string size)
        {
            var options = new EvaluationOptions
            {
                Attacks = [attack], Threat = new(Norm.Linf, Ratio.Parse(size)!.Value), Precision = Precision.Exact,
                Budget = attack == "square" ? new(Queries: 1000) : new(),
            };
            var run = new EvaluationRun(folder.File(file), options) { Open = s => ModelFile.Open(s with { OpenOnnx = OnnxModel.Open }) };
            var place = new EvaluationFolder(folder.File($"{file}-{attack}-{size.Replace('/', '_')}"));
            run.Execute(images, place, TestContext.Current.CancellationToken);
            return [.. place.ReadRows().Where(r => !r.Robust).Select(r => r.Index)];
        }
    }

    /// <summary>Waves of as many lengths as there are classes under noise, and the network after some steps on them.</summary>
    private static ImageSet Fitted(Network network, int count)
    {
        const int Steps = 60;
        using var scope = NewDisposeScope();
        var (channels, height, width) = network.Input;
        var labels = arange(count, ScalarType.Int64).remainder(Classes);
        var places = arange(channels * height * width, dtype: ScalarType.Float64);
        var waves = (places.unsqueeze(0) * (labels.unsqueeze(1) * 0.35 + 0.2)).sin();
        var noise = ((arange(count * places.numel(), dtype: ScalarType.Float64) * 12.9898).sin() * 43758.5453).remainder(1).reshape(count, -1) - 0.5;
        var pixels = (127.5 + 30 * waves + 120 * noise).clamp(0, 255).round().reshape(count, channels, height, width).to(ScalarType.Byte);
        var x = ImageSet.ToPixels(pixels);
        var f = network.ForTraining();
        using var optimizer = optim.SGD(network.Module.parameters(), 0.05, momentum: 0.9);
        for (var i = 0; i < Steps; i++)
        {
            using var step = NewDisposeScope();
            optimizer.zero_grad();
            F.cross_entropy(f(x), labels).backward();
            optimizer.step();
        }
        return new ImageSet("waves", pixels, labels, [.. Enumerable.Range(0, Classes).Select(i => $"{i}")]);
    }

    private static OnnxBuilder Simple()
    {
        using var scope = NewDisposeScope();
        var (builder, scores, _) = Linear();
        return builder.Node("Softmax", "", [scores], ["y"]).Output("y");
    }

    private static (OnnxBuilder Builder, string Scores, Tensor Weights) Linear(int batch = 0)
    {
        var (builder, weights) = (new OnnxBuilder(13).Input("x", batch, 3, 5, 4), Weights());
        return (builder, builder.Node("MatMul", [builder.Node("Flatten", ["x"]), builder.Constant(weights)]), weights);
    }

    private static string List(OnnxBuilder builder, params long[] values) => builder.Constant(tensor(values, ScalarType.Int64));

    private static Tensor Weights() => (arange(60 * Classes, dtype: ScalarType.Float32) * 1.3).sin().reshape(60, Classes).to(ScalarType.Float32);

    private static Tensor Pixels(int count) => (0.5f + 0.5f * (0.83f * arange(count * 60, dtype: ScalarType.Float32)).sin()).reshape(count, 3, 5, 4);

    private static Tensor Expected(Tensor images) => F.linear(images.flatten(1), Weights().t());

    /// <summary>1e-4: sums of sixty products of up to 1 in float32, their softmax, and the logarithm of that.</summary>
    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 1e-4f);
    }

    private LoadedModel Open(OnnxBuilder builder) => ModelFile.Open(Put(builder));

    private ModelSource Put(OnnxBuilder builder)
    {
        File.WriteAllBytes(folder.File("model.onnx"), builder.ToBytes());
        return new ModelSource(folder.File("model.onnx"), Images, Classes) { OpenOnnx = OnnxModel.Open };
    }

    private static void Refused(ModelSource source, params string[] says) => MadeModel.AssertRefused(source, says);
}
