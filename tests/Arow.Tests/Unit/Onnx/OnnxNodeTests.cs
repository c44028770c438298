using System.Security.Cryptography;
using System.Text;
using Arow.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace Arow.Tests.Unit.Onnx;

/// <summary>
/// The node tests that ONNX publishes, which are not in the repository (<c>onnx/backend/test/data/node</c> of its source, one folder a test): every
/// floating-point input in turn is the image, the others are constants. The report says of each what became of it: it agrees with the published
/// outputs, is refused by name, or differs, and then whether ONNX Runtime computes the same as Arow.
/// </summary>
[Numeric]
public sealed class OnnxNodeTests
{
    private const string Variable = "AROW_ONNX_NODES";

    /// <summary>Those of ONNX's own runner of the tests.</summary>
    private const double Relative = 1e-3, Absolute = 1e-7;

    [Fact]
    public void The_published_outputs_are_computed_or_the_operator_is_refused_by_name()
    {
        var root = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipUnless(Directory.Exists(root), $"{Variable} names no folder with node tests: onnx/backend/test/data/node of ONNX's source");
        var (report, seen) = (new List<(string Outcome, string Line)>(), new HashSet<string>());
        using var folder = new TemporaryFolder();
        foreach (var model in Directory.EnumerateFiles(root!, "model.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var data = Path.Combine(Path.GetDirectoryName(model)!, "test_data_set_0");
            if (!Directory.Exists(data)) continue;
            // Releases have most tests in common.
            string[] files = [model, .. Directory.GetFiles(data, "*.pb").Order(StringComparer.Ordinal)];
            if (!seen.Add(Convert.ToHexString(SHA256.HashData([.. files.SelectMany(File.ReadAllBytes)])))) continue;
            foreach (var (input, outcome, why) in Compare(model, data, folder.File("graph.onnx")))
                report.Add((outcome, $"{outcome}\t{Path.GetRelativePath(root!, model)}\t{input}\t{why}"));
        }
        string[] counts = [.. report.GroupBy(r => r.Outcome).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key}: {g.Count()}")];
        File.WriteAllLines(Path.Combine(root!, "report.txt"), counts.Concat(report.Select(r => r.Line)));
        Assert.NotEmpty(report);
        var wrong = report.Where(r => r.Outcome == "differs").Select(r => r.Line).ToList();
        Assert.True(wrong.Count == 0, $"{string.Join(", ", counts)}\n{string.Join('\n', wrong.Take(50))}");
    }

    /// <summary>Compares a test with each of its floating-point inputs as the image.</summary>
    private static List<(string Input, string Outcome, string Why)> Compare(string model, string data, string merged)
    {
        var outcomes = new List<(string, string, string)>();
        string[] names;
        string[] outputs;
        try
        {
            using var graph = GraphReader.Read(model, ScalarType.Float32);
            (names, outputs) = ([.. graph.Inputs], [.. graph.Outputs]);
        }
        catch (Exception e) when (e is UnsupportedGraphException or InvalidDataException)
        {
            return [("", "refused", e.Message)];
        }
        var inputs = names.Select((_, i) => Path.Combine(data, $"input_{i}.pb")).TakeWhile(File.Exists).Select(File.ReadAllBytes).ToList();
        foreach (var (i, image) in inputs.Index())
        {
            using var scope = NewDisposeScope();
            try
            {
                var x = Read(image);
                if (!x.is_floating_point()) continue;
                // A second graph is merged with the first one, and of two names the last is meant: so protocol buffers are read.
                byte[] constants = [.. inputs.Index().Where(other => other.Index != i).SelectMany(other => Constant(names[other.Index], other.Item))];
                File.WriteAllBytes(merged, [.. File.ReadAllBytes(model), .. constants.Length == 0 ? [] : OnnxWriter.Field(7, constants)]);
                var (outcome, why) = CompareOutputs(merged, data, x, names[i], outputs);
                outcomes.Add((names[i], outcome, why));
            }
            catch (Exception e) when (e is UnsupportedGraphException or InvalidDataException or OverflowException)
            {
                // Sequences and optional values are no tensors.
                outcomes.Add((names[i], "refused", e.Message));
            }
        }
        return outcomes;
    }

    private static (string Outcome, string Why) CompareOutputs(string model, string data, Tensor x, string input, string[] outputs)
    {
        using var graph = GraphInterpreter.Create(GraphReader.Read(model, ScalarType.Float32), outputs, ScalarType.Float32, CPU);
        var computed = graph.Run(x, outputs);
        var wrong = outputs.Select((name, i) => (Name: name, Index: i, Path: Path.Combine(data, $"output_{i}.pb")))
            .Where(o => File.Exists(o.Path) && !AreEqual(Read(File.ReadAllBytes(o.Path)), computed[o.Index])).ToList();
        if (wrong.Count == 0) return ("agrees", "");
        try
        {
            using var settings = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            using var session = new InferenceSession(model, settings);
            using var options = new RunOptions();
            using var given = OrtValue.CreateTensorValueFromMemory(x.contiguous().data<float>().ToArray(), x.shape);
            using var results = session.Run(options, [input], [given], outputs);
            return wrong.All(o => AreEqual(OnnxRuntimeTensors.ToTensor(results[o.Index]), computed[o.Index]))
                ? ("differs as ONNX Runtime does", wrong[0].Name) : ("differs", wrong[0].Name);
        }
        catch (Exception e) when (e is OnnxRuntimeException or NotSupportedException)
        {
            return ("differs without a judge", $"{wrong[0].Name}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static byte[] Constant(string name, byte[] tensor) =>
        OnnxWriter.Field(5, [.. tensor, .. OnnxWriter.Field(8, Encoding.UTF8.GetBytes(name))]);

    private static bool AreEqual(Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (expected.to(ScalarType.Float64), actual.detach().to(ScalarType.Float64));
        return a.shape.SequenceEqual(b.shape) && a.isclose(b, Relative, Absolute, nanEqual: true).all().item<bool>();
    }

    private static Tensor Read(byte[] message)
    {
        var reader = new ProtobufReader(new MemoryStream(message));
        using var read = new TensorReader(reader, "", ScalarType.Float32, []).Read(reader.Whole).Tensor;
        return read.clone();
    }
}
