using Arow.Export;
using Arow.Onnx.Graphs;

namespace Arow.Tests.Unit.Onnx;

/// <summary>Graphs as a whole: order, constants, memory, threads, and what is refused.</summary>
[Numeric]
public sealed class GraphInterpreterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Nodes_may_come_in_any_order_and_what_no_output_needs_is_left_out()
    {
        var bytes = Builder().Node("Relu", "", ["a"], ["y"]).Node("Loop", "", ["x"], ["unused"]).Node("Neg", "", ["x"], ["a"]).Output("y").ToBytes();
        using var scope = NewDisposeScope();
        using var graph = Open(bytes, "y");
        Assert.Equal(2, graph.NodeCount);
        Assert.Equal([0, 2], [.. graph.Run(tensor((float[])[1, -2]), "y")[0].data<float>()]);
    }

    [Fact]
    public void What_depends_on_constants_only_is_computed_once_and_shapes_of_batches_are_not()
    {
        var builder = Builder();
        var two = builder.Constant(tensor(2f));
        var shape = builder.Node("Shape", ["x"]);
        var four = builder.Node("Add", [two, two]);
        var filled = builder.Node("Expand", [builder.Node("Mul", [four, four]), shape]);
        using var scope = NewDisposeScope();
        using var graph = Open(builder.Node("Add", "", ["x", filled], ["y"]).Output("y").ToBytes(), "y");
        Assert.Equal(3, graph.NodeCount);
        foreach (var n in (int[])[1, 5]) Assert.Equal(n * 16, graph.Run(zeros(n), "y")[0].sum().item<float>());
    }

    [Fact]
    public void It_leaves_no_tensor_with_gradients_and_without()
    {
        var builder = Builder();
        var weight = builder.Constant(tensor((float[])[1, 2]));
        var bytes = builder.Node("Mul", "", [builder.Node("Identity", [builder.Node("Relu", ["x"])]), weight], ["y"]).Output("y").ToBytes();
        using var x = tensor((float[])[1, 2]);
        LiveTensors.AssertNoneLeft(() =>
        {
            using var graph = Open(bytes, "y");
            using var scope = NewDisposeScope();
            using (no_grad()) graph.Run(x, "y");
            var point = x.clone().requires_grad_();
            graph.Run(point, "y")[0].sum().backward(inputs: [point]);
            Assert.Equal([1, 2], [.. point.grad!.data<float>()]);
        });
    }

    [Fact]
    public void Several_threads_compute_at_once()
    {
        var builder = Builder();
        var bytes = builder.Node("Exp", "", [builder.Node("Mul", ["x", builder.Constant(tensor(0.5f))])], ["y"]).Output("y").ToBytes();
        using var graph = Open(bytes, "y");
        Parallel.For(0, 64, i =>
        {
            using var scope = NewDisposeScope();
            Assert.Equal(3 * MathF.Exp(i / 64f), graph.Run(full(3, i / 32f), "y")[0].sum().item<float>(), 1e-4f);
        });
    }

    [Fact]
    public void What_cannot_be_computed_is_named_by_the_first_operator()
    {
        Refused("operator Loop is not supported", Builder().Node("Loop", "", ["x"], ["a"]).Node("If", "", ["a"], ["y"]));
        Refused("operator com.microsoft.FusedConv is not supported", Builder().Node("FusedConv", "com.microsoft", ["x"], ["y"]));
        Refused("operator com.example.Relu is not supported", Builder().Node("Relu", "com.example", ["x"], ["y"]));
        Refused("operator QLinearConv is not supported", Builder().Node("QLinearConv", "", ["x"], ["y"]));
        Refused("version 6", new OnnxBuilder(6).Input("x", 0).Node("Relu", "", ["x"], ["y"]));
        var training = Builder();
        Refused("in training mode", training.Node("Dropout", "", ["x", "", training.Constant(tensor(true))], ["y"]));
        Refused("sparse", Builder().Field(15, new ProtobufMessage()).Node("Relu", "", ["x"], ["y"]));
    }

    [Fact]
    public void Hostile_graphs_are_refused_before_they_take_memory()
    {
        Refused("cycle", Builder().Node("Add", "", ["x", "b"], ["a"]).Node("Relu", "", ["a"], ["b"]).Node("Relu", "", ["b"], ["y"]));
        Refused("cycle", Builder().Node("Relu", "", ["y"], ["y"]));
        Refused("computed by nothing", Builder().Node("Add", "", ["x", "none"], ["y"]));
        Refused("one name", Builder().Node("Relu", "", ["x"], ["y"]).Node("Neg", "", ["x"], ["y"]));
        var huge = tensor((long[])[1L << 40, 1L << 40], ScalarType.Int64);
        foreach (var (kind, before) in ((string, Tensor?)[])[("ConstantOfShape", null), ("Expand", zeros(1)), ("Tile", zeros(1, 1))])
        {
            var builder = Builder();
            string[] inputs = [.. before is null ? (string[])[] : [builder.Constant(before)], builder.Constant(huge)];
            Refused("asks for", builder.Node(kind, "", inputs, ["y"]));
        }
        // Each of them is allowed by itself.
        var many = Builder();
        var size = many.Constant(tensor((long[])[400], ScalarType.Int64));
        Refused("asks for", many.Node("Sum", "", [.. Enumerable.Range(0, 3).Select(_ => many.Node("ConstantOfShape", [size]))], ["y"]), 1000);
        var range = Builder();
        Refused("asks for", range.Node("Range", "", [.. ((float[])[0, 1e12f, 1]).Select(n => range.Constant(tensor(n)))], ["y"]));
        var outer = Builder();
        var (rows, columns) = (outer.Constant(zeros(1L << 15, 1)), outer.Constant(zeros(1, 1L << 15)));
        Refused("asks for", outer.Node("MatMul", "", [rows, columns], ["y"]));
        // Thousands of nodes in a row: no recursion.
        var deep = Builder();
        var last = "x";
        for (var i = 0; i < 20_000; i++) last = deep.Node("Neg", [last]);
        using var scope = NewDisposeScope();
        using var graph = Open(deep.Node("Relu", "", [last], ["y"]).Output("y").ToBytes(), "y");
        Assert.Equal(20_001, graph.NodeCount);
    }

    [Fact]
    public void Tensors_that_lie_about_their_size_are_damage()
    {
        foreach (var (dims, bytes) in ((long[], byte[])[])
            [([1L << 40], [1, 2, 3, 4]), ([1L << 40], []), ([1L << 40, 1L << 40], []), ([-1], []), ([2], [1])])
        {
            var tensor = new ProtobufMessage();
            foreach (var n in dims) tensor.Add(1, n);
            tensor.Add(2, ElementType.Float).Add(8, "w");
            if (bytes.Length > 0) tensor.Add(9, bytes);
            var file = Builder().Field(5, tensor).Node("Add", "", ["x", "w"], ["y"]).Output("y").ToBytes();
            Assert.ThrowsAny<Exception>(() => Open(file, "y").Dispose());
        }
    }

    private static OnnxBuilder Builder() => new OnnxBuilder(13).Input("x", 0);

    private void Refused(string says, OnnxBuilder builder, long maxElements = 1L << 28)
    {
        var fault = Assert.Throws<UnsupportedGraphException>(() => Open(builder.Output("y").ToBytes(), "y", maxElements).Dispose());
        Assert.Contains(says, fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
    }

    private GraphInterpreter Open(byte[] bytes, string output, long? maxElements = null)
    {
        File.WriteAllBytes(folder.File("graph.onnx"), bytes);
        var graph = GraphInterpreter.Create(GraphReader.Read(folder.File("graph.onnx"), ScalarType.Float32), [output], ScalarType.Float32, CPU,
            maxElements ?? 1L << 28);
        if (maxElements is not null)
        {
            using var scope = NewDisposeScope();
            graph.Run(ones(2), output);
        }
        return graph;
    }
}
