using System.Runtime.CompilerServices;
using Arow.Models;
using TorchSharp.Modules;

namespace Arow.Export;

/// <summary>
/// Records the sequence of layers instead of computing them: the tensors that an architecture passes between layers are empty and
/// represent values of the graph.
/// </summary>
/// <param name="graph">Receives the nodes.</param>
/// <param name="module">The network's module; its keys name the constants.</param>
/// <param name="keepBatchNorm">Whether batch norm remains a separate operator instead of being folded into the preceding convolution.</param>
internal sealed class OnnxLayers(OnnxGraph graph, nn.Module module, bool keepBatchNorm) : ILayers
{
    private readonly ConditionalWeakTable<Tensor, string> values = [];
    private readonly Dictionary<nn.Module, string> names = module.named_modules().ToDictionary(m => m.module, m => m.name, (IEqualityComparer<nn.Module>)ReferenceEqualityComparer.Instance);

    /// <summary>Creates a tensor that represents a value of the graph.</summary>
    public Tensor Value(string name)
    {
        var tensor = empty(0, device: CPU);
        values.Add(tensor, name);
        return tensor;
    }

    /// <summary>Returns the value that a tensor represents.</summary>
    public string Name(Tensor tensor) => values.TryGetValue(tensor, out var name) ? name
        : throw new InvalidOperationException("an architecture computes something outside its layers, which cannot be exported");

    Tensor ILayers.Enter(Conv2d convolution, BatchNorm2d? norm, Tensor images) => Convolve(convolution, norm, images);

    public Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x)
    {
        using var scope = NewDisposeScope();
        var (weight, bias) = FrozenLayers.Fold(convolution, keepBatchNorm ? null : norm, ScalarType.Float64);
        string[] inputs = [Name(x), graph.Constant($"{names[convolution]}.weight", weight), .. bias is null ? (string[])[] : [graph.Constant($"{names[convolution]}.bias", bias)]];
        var (stride, padding) = (convolution.stride!, convolution.padding!);
        var output = graph.Add("Conv", inputs, ("kernel_shape", weight.shape[2..]), ("strides", stride), ("pads", (long[])[.. padding, .. padding]));
        return Value(norm is null || !keepBatchNorm ? output : Normalized(norm, output)).MoveToOuterDisposeScope();
    }

    Tensor ILayers.Normalize(BatchNorm2d norm, Tensor x) => Value(Normalized(norm, Name(x)));

    Tensor ILayers.Activate(Activation activation, Tensor x) => Value(activation switch
    {
        Activation.Relu => graph.Add("Relu", [Name(x)]),
        Activation.LeakyRelu => graph.Add("LeakyRelu", [Name(x)], ("alpha", 0.1f)),
        _ => graph.Add("Mul", [Name(x), graph.Add("Sigmoid", [Name(x)])]),
    });

    Tensor ILayers.ActivateAndPool(Tensor x) =>
        Value(graph.Add("MaxPool", [graph.Add("Relu", [Name(x)])], ("kernel_shape", (long[])[2, 2]), ("strides", (long[])[2, 2])));

    Tensor ILayers.Add(Tensor x, Tensor y) => Value(graph.Add("Add", [Name(x), Name(y)]));

    Tensor ILayers.GlobalAverage(Tensor x) => Value(graph.Add("Flatten", [graph.Add("GlobalAveragePool", [Name(x)])]));

    Tensor ILayers.Flatten(Tensor x) => Value(graph.Add("Flatten", [Name(x)]));

    public Tensor Project(Linear linear, Tensor x) => Value(graph.Add(
        "Gemm", [Name(x), graph.Constant($"{names[linear]}.weight", linear.weight!), .. linear.bias is null ? (string[])[] : [graph.Constant($"{names[linear]}.bias", linear.bias)]], ("transB", 1L)));

    Tensor ILayers.Drop(Dropout dropout, Tensor x) => x;

    Tensor ILayers.Leave(Linear linear, Tensor x) => Project(linear, x);

    private string Normalized(BatchNorm2d norm, string x)
    {
        string Constant(string key, Tensor value) => graph.Constant($"{names[norm]}.{key}", value);
        return graph.Add(
            "BatchNormalization",
            [x, Constant("weight", norm.weight!), Constant("bias", norm.bias!), Constant("running_mean", norm.running_mean!), Constant("running_var", norm.running_var!)],
            ("epsilon", (float)norm.eps));
    }
}
