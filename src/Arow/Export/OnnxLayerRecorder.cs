using System.Runtime.CompilerServices;
using Arow.Models.Execution;
using TorchSharp.Modules;

namespace Arow.Export;

/// <summary>
/// Records the sequence of layers instead of computing them: the tensors that an architecture passes between layers are empty and
/// represent values of the graph.
/// </summary>
/// <param name="graph">Receives the nodes.</param>
/// <param name="module">The network's module; its keys name the constants.</param>
/// <param name="keepBatchNorm">Whether batch norm remains a separate operator instead of being folded into the preceding convolution.</param>
internal sealed class OnnxLayerRecorder(OnnxGraph graph, nn.Module module, bool keepBatchNorm) : ILayerExecutor
{
    private readonly ConditionalWeakTable<Tensor, string> values = [];

    /// <summary>Tensors with a row and a column of zeros at the end, which the convolution after them adds.</summary>
    private readonly ConditionalWeakTable<Tensor, object> padded = [];
    private readonly Dictionary<nn.Module, string> names = module.named_modules()
        .ToDictionary(m => m.module, m => m.name, (IEqualityComparer<nn.Module>)ReferenceEqualityComparer.Instance);

    /// <summary>Creates a tensor that represents a value of the graph.</summary>
    public Tensor CreateValue(string name)
    {
        var tensor = empty(0, device: CPU);
        values.Add(tensor, name);
        return tensor;
    }

    /// <summary>Returns the value that a tensor represents.</summary>
    public string GetValueName(Tensor tensor) => values.TryGetValue(tensor, out var name) ? name
        : throw new InvalidOperationException("an architecture computes something outside its layers, which cannot be exported");

    Tensor ILayerExecutor.FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images) => Convolution(convolution, norm, images);

    public Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x)
    {
        using var scope = NewDisposeScope();
        var (weight, bias) = FrozenExecutor.Fold(convolution, keepBatchNorm ? null : norm, ScalarType.Float64);
        string[] inputs = [GetValueName(x), graph.Constant($"{names[convolution]}.weight", weight),
            .. bias is null ? (string[])[] : [graph.Constant($"{names[convolution]}.bias", bias)]];
        var (stride, padding) = (convolution.stride!, convolution.padding!);
        var atEnd = padded.TryGetValue(x, out _) ? 1 : 0;
        var output = graph.Add("Conv", inputs, ("kernel_shape", weight.shape[2..]), ("strides", stride), ("pads", (long[])[.. padding, .. padding.Select(p => p + atEnd)]),
            ("group", convolution.groups));
        return CreateValue(norm is null || !keepBatchNorm ? output : AddBatchNorm(norm, output)).MoveToOuterDisposeScope();
    }

    Tensor ILayerExecutor.Normalize(BatchNorm2d norm, Tensor x) => CreateValue(AddBatchNorm(norm, GetValueName(x)));

    Tensor ILayerExecutor.Activate(Activation activation, Tensor x) => CreateValue(activation switch
    {
        Activation.Relu => graph.Add("Relu", [GetValueName(x)]),
        Activation.LeakyRelu => graph.Add("LeakyRelu", [GetValueName(x)], ("alpha", 0.1f)),
        Activation.Relu6 => graph.Add("Clip", [GetValueName(x), AddNumber("zero", 0), AddNumber("six", 6)]),
        Activation.Gelu => graph.Add("Mul", [
            graph.Add("Mul", [GetValueName(x), AddNumber("half", 0.5f)]),
            graph.Add("Add", [graph.Add("Erf", [graph.Add("Mul", [GetValueName(x), AddNumber("root_half", MathF.Sqrt(0.5f))])]), AddNumber("one", 1)])]),
        _ => graph.Add("Mul", [GetValueName(x), graph.Add("Sigmoid", [GetValueName(x)])]),
    });

    Tensor ILayerExecutor.ActivateAndPool(Tensor x) =>
        CreateValue(graph.Add("MaxPool", [graph.Add("Relu", [GetValueName(x)])], ("kernel_shape", (long[])[2, 2]), ("strides", (long[])[2, 2])));

    Tensor ILayerExecutor.MaxPool(Tensor x, long kernel, long stride, long padding) => CreateValue(graph.Add(
        "MaxPool", [GetValueName(x)], ("kernel_shape", (long[])[kernel, kernel]), ("strides", (long[])[stride, stride]),
        ("pads", (long[])[padding, padding, padding, padding])));

    Tensor ILayerExecutor.PadEnd(Tensor x)
    {
        var tensor = CreateValue(GetValueName(x));
        padded.Add(tensor, this);
        return tensor;
    }

    Tensor ILayerExecutor.Add(Tensor x, Tensor y) => CreateValue(graph.Add("Add", [GetValueName(x), GetValueName(y)]));

    Tensor ILayerExecutor.GlobalAverage(Tensor x) => CreateValue(graph.Add("Flatten", [graph.Add("GlobalAveragePool", [GetValueName(x)])]));

    Tensor ILayerExecutor.Flatten(Tensor x) => CreateValue(graph.Add("Flatten", [GetValueName(x)]));

    public Tensor Linear(Linear linear, Tensor x) => CreateValue(graph.Add(
        "Gemm", [GetValueName(x), graph.Constant($"{names[linear]}.weight", linear.weight!),
            .. linear.bias is null ? (string[])[] : [graph.Constant($"{names[linear]}.bias", linear.bias)]], ("transB", 1L)));

    Tensor ILayerExecutor.Dropout(Dropout dropout, Tensor x) => x;

    Tensor ILayerExecutor.Logits(Linear linear, Tensor x) => Linear(linear, x);

    private string AddNumber(string name, float value) => graph.Constant(name, tensor(value, device: CPU));

    private string AddBatchNorm(BatchNorm2d norm, string x)
    {
        string Constant(string key, Tensor value) => graph.Constant($"{names[norm]}.{key}", value);
        return graph.Add(
            "BatchNormalization",
            [x, Constant("weight", norm.weight!), Constant("bias", norm.bias!), Constant("running_mean", norm.running_mean!),
                Constant("running_var", norm.running_var!)],
            ("epsilon", (float)norm.eps));
    }
}
