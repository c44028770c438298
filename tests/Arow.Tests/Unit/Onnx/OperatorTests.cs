using Arow.Onnx.Graphs;
using Arow.Onnx.Operators;
using Microsoft.ML.OnnxRuntime;

namespace Arow.Tests.Unit.Onnx;

/// <summary>Operators by themselves: ONNX Runtime says what is right, central differences what its gradient is.</summary>
[Numeric]
public sealed class OperatorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_operator_computes_what_ONNX_Runtime_does_and_its_gradient_is_that_of_differences()
    {
        var faults = new List<string>();
        using var scope = NewDisposeScope();
        foreach (var one in OperatorCases.All())
        {
            using var inner = NewDisposeScope();
            try
            {
                if (Compare(one) is { } fault) faults.Add($"{one}: {fault}");
            }
            catch (Exception e) when (e is UnsupportedGraphException or OnnxRuntimeException)
            {
                faults.Add($"{one}: {e.GetType().Name} {e.Message.Split('\n')[0]}");
            }
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Every_operator_has_a_case()
    {
        using var scope = NewDisposeScope();
        Assert.Empty(OperatorTable.Names.Except(OperatorCases.All().Select(c => c.Operator)));
        Assert.InRange(OperatorTable.Names.Count, 76, int.MaxValue);
    }

    private string? Compare(OperatorCase one)
    {
        var x = one.X is { } given && given.is_floating_point() ? given : null;
        var (path, names) = Write(one, x);
        var expected = RunOnnxRuntime(path, x, names);
        using var interpreter = Interpreter(path, names, ScalarType.Float32);
        var actual = interpreter.Run(x ?? zeros(1), names);
        for (var i = 0; i < names.Length; i++)
        {
            if (!expected[i].shape.SequenceEqual(actual[i].shape))
                return $"[{string.Join(", ", actual[i].shape)}] for [{string.Join(", ", expected[i].shape)}]";
            if (expected[i].dtype != actual[i].dtype && !(expected[i].is_floating_point() && actual[i].is_floating_point()))
                return $"{actual[i].dtype} for {expected[i].dtype}";
            if (expected[i].numel() == 0) continue;
            var (wanted, found) = (expected[i].to(ScalarType.Float64), actual[i].detach().to(ScalarType.Float64));
            // Sums of at most a hundred products in float32: a hundred roundings of 6e-8 of the largest.
            var limit = expected[i].is_floating_point() ? 1e-5 * Math.Max(1, wanted.nan_to_num(0, 0, 0).abs().max().item<double>()) : 0;
            var difference = (wanted.nan_to_num(1e9, 2e9, 3e9) - found.nan_to_num(1e9, 2e9, 3e9)).abs().max().item<double>();
            if (!(difference <= limit)) return $"differs by {difference}: {found.flatten().str()} for {wanted.flatten().str()}";
        }
        return x is null || one.IsStep ? null : CompareGradient(path, x, names[0]);
    }

    /// <summary>
    /// The derivative along a direction, in float64: with h = 1e-5 the difference is right to h² and rounding to 1e-16 / h, times the size of
    /// the function's parts.
    /// </summary>
    private static string? CompareGradient(string path, Tensor x, string name)
    {
        const double H = 1e-5;
        using var interpreter = Interpreter(path, [name], ScalarType.Float64);
        var point = x.to(ScalarType.Float64).requires_grad_();
        var direction = (arange(x.numel(), dtype: ScalarType.Float64) * 2.3 + 0.4).cos().reshape(x.shape);
        var output = interpreter.Run(point, name)[0];
        if (!output.is_floating_point() || !output.requires_grad || output.numel() == 0) return null;
        var weight = (arange(output.numel(), dtype: ScalarType.Float64) * 1.3 + 0.1).cos().reshape(output.shape);
        (output * weight).sum().backward(inputs: [point]);
        var own = (point.grad! * direction).sum().item<double>();
        double At(double h) => (interpreter.Run(x.to(ScalarType.Float64) + h * direction, name)[0] * weight).sum().item<double>();
        var difference = (At(H) - At(-H)) / (2 * H);
        return Math.Abs(own - difference) <= 1e-6 * Math.Max(1, Math.Abs(difference)) ? null : $"gradient {own} for {difference}";
    }

    private (string Path, string[] Names) Write(OperatorCase one, Tensor? x)
    {
        var builder = new OnnxBuilder(one.Opset).Input("x", x?.shape ?? [1]);
        var inputs = one.Others.Select(o => o is null ? "" : builder.Constant(o)).ToList();
        if (one.X is not null) inputs.Insert(Math.Min(one.Place, inputs.Count), x is null ? builder.Constant(one.X) : "x");
        string[] names = [.. Enumerable.Range(0, one.Outputs).Select(i => $"y{i}")];
        builder.Node(one.Operator, "", [.. inputs], names, one.Attributes);
        if (one.Compared is { } compared) names = names[..compared];
        var bytes = builder.Output(names).ToBytes();
        File.WriteAllBytes(folder.File("one.onnx"), bytes);
        return (folder.File("one.onnx"), names);
    }

    private static GraphInterpreter Interpreter(string path, string[] names, ScalarType real) =>
        GraphInterpreter.Create(GraphReader.Read(path, real), names, real, CPU);

    private static Tensor[] RunOnnxRuntime(string path, Tensor? x, string[] names)
    {
        using var settings = new SessionOptions
        {
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, IntraOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
        };
        using var session = new InferenceSession(path, settings);
        using var options = new RunOptions();
        using var given = OrtValue.CreateTensorValueFromMemory(
            x is null ? [0f] : x.numel() == 0 ? [] : x.contiguous().data<float>().ToArray(), x?.shape ?? [1]);
        using var results = session.Run(options, ["x"], [given], names);
        return [.. results.Select(OnnxRuntimeTensors.ToTensor)];
    }
}
