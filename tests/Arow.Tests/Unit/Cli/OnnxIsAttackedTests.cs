using System.Diagnostics;
using Arow.Onnx;
using Arow.Tests.Unit.Onnx;

namespace Arow.Tests.Unit.Cli;

/// <summary>ONNX files, evaluated by the program.</summary>
[Numeric]
public sealed class OnnxIsAttackedTests : IDisposable
{
    private const int Count = 8;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>
    /// Logits of 999.9 and 1000 ± 0.1, rounded to float16 in the file, where numbers of this size are 0.5 apart: ONNX Runtime sees a tie and takes
    /// the first class whatever the image, while the graph in libtorch, in float32, is fooled by brighter images.
    /// </summary>
    [Fact]
    public void An_adversarial_image_counts_only_if_ONNX_Runtime_misclassifies_it_too()
    {
        using var scope = NewDisposeScope();
        var builder = new OnnxBuilder(13).Input("x", 0, 1, 4, 4);
        var brightness = builder.Node("ReduceMean", [builder.Node("Flatten", ["x"])], ("axes", (long[])[1]), ("keepdims", 1L));
        var turned = builder.Node("Tanh", [builder.Node("Mul", [builder.Node("Sub", [brightness, builder.Constant(tensor(0.5f))]), builder.Constant(tensor(20f))])]);
        var logits = builder.Node("Add", [builder.Node("Mul", [turned, builder.Constant(tensor((float[])[0, 0.2f]))]), builder.Constant(tensor((float[])[1000, 999.9f]))]);
        builder.Node("Cast", "", [builder.Node("Cast", [logits], ("to", 10L))], ["y"], ("to", 1L)).Output("y");
        File.WriteAllBytes(folder.File("model.onnx"), builder.ToBytes());
        var images = full([Count, 1, 4, 4], 100, ScalarType.Byte);
        var labels = zeros(Count, ScalarType.Int64);
        labels[Count - 1] = 1;
        Npz.Write(folder.File("set.npz"), images, labels, zeros(Count));

        using (var model = ModelFile.Open(new ModelSource(folder.File("model.onnx"), new InputShape(1, 4, 4), 2) { OpenOnnx = OnnxModel.Open }))
        {
            var bright = ImageSet.ToPixels(images) + 0.3;
            Assert.Equal(1, model.Classifier(bright).argmax(1).min().item<long>());
            Assert.Equal(0, model.Judge!(bright).argmax(1).max().item<long>());
        }
        var rows = Evaluate("pgd20", "--epsilon", "0.3");
        Assert.All(rows.Take(Count - 1), r => Assert.Equal(["0", "0", "0", "1", "-"], r[1..6]));
        // The image of the other class is misclassified as it is.
        Assert.Equal(["1", "0", "0", "0", "clean"], rows[Count - 1][1..6]);
    }

    private List<string[]> Evaluate(string attack, params string[] more)
    {
        var start = BuiltProgram.Command(folder.Path, ["evaluate", "model.onnx", "--data-dir", "set.npz", "--attack", attack, "--threads", "1",
            "--output", "result", .. more]);
        (start.RedirectStandardError, start.RedirectStandardOutput) = (true, true);
        using var program = Process.Start(start)!;
        var output = program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var told = program.StandardError.ReadToEnd();
        program.WaitForExit();
        Assert.True(program.ExitCode == 0, told);
        Assert.Contains("is attacked with gradients", File.ReadAllText(folder.File("result/summary.json")));
        return [.. File.ReadLines(folder.File("result/rows.tsv")).Skip(1).Select(line => line.Split('\t'))];
    }
}
