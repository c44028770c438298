using System.Diagnostics;

namespace Arow.EndToEnd;

/// <summary><c>arow export</c>: what leaves Arow says the same of pictures, to Arow and to PyTorch.</summary>
public sealed class ExportedModels(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private Program Arow => trained.Arow;

    [Fact]
    public void Every_format_predicts_and_withstands_what_the_run_does()
    {
        Arow.Run("data", "preview", "glyphs", "--output", "sheet.png").AssertDone();
        var answer = Arow.Run("predict", "run", "sheet.png").AssertDone().Output;
        foreach (var (format, described) in ((string, string[])[])
        [
            ("onnx", []), ("pytorch", ["--input", "1x28x28", "--model", "tiny-cnn", "--class-names", "0,1,2,3,4,5,6,7,8,9"]),
            ("safetensors", []),
        ])
        {
            var done = Arow.Run("export", "run", "--format", format, "--output", $"model.{format}").AssertDone();
            if (format == "onnx") Assert.Contains("checked with ONNX Runtime on 32 test images", done.Output);
            Assert.Equal(answer, Arow.Run(["predict", $"model.{format}", "sheet.png", .. described]).AssertDone().Output);
        }
        string Robust(string model) => Arow.Run(
            "evaluate", model, "--dataset", "glyphs", "--limit", "20", "--attack", "square", "--queries", "50", "--epsilon", "0.05", "--output",
            $"{model}-square", "--json").AssertDone().Json.GetProperty("robust_accuracy").ToString();
        Assert.Equal(Robust("run"), Robust("model.onnx"));
    }

    [Fact]
    public void What_cannot_be_exported_says_why()
    {
        Arow.Run("export", "run", "--format", "keras", "--output", "no/such")
            .AssertRefused("unknown --format 'keras'; use one of onnx pytorch safetensors", "--output no/such");
        Arow.Run("export", "run", "--format", "pytorch", "--output", "a.pt", "--probabilities").AssertRefused("apply to ONNX files");
        Arow.Run("export", "run", "--format", "onnx", "--output", "again.onnx").AssertDone();
        Arow.Run("export", "again.onnx", "--input", "1x28x28", "--format", "safetensors", "--output", "b.safetensors")
            .AssertRefused("not an architecture of Arow");
        Assert.False(File.Exists(Arow.File("b.safetensors")));
    }

    [Fact]
    public void PyTorch_loads_the_state_dict()
    {
        const string Script = "import torch, sys; s = torch.load(sys.argv[1], weights_only=True); print(type(s).__name__, len(s), "
            + "s['fc.weight'].shape[0])";
        Arow.Run("export", "run", "--format", "pytorch", "--output", "for-python.pt").AssertDone();
        foreach (var python in (string[])["python3", "/usr/bin/python3"])
        {
            var start = new ProcessStartInfo(python, ["-c", Script, Arow.File("for-python.pt")])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true
            };
            try
            {
                using var process = Process.Start(start)!;
                var output = process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode != 0) continue;
                Assert.Equal("OrderedDict 20 10\n", output);
                return;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // No such Python.
            }
        }
        Assert.Skip("needs a Python with PyTorch");
    }
}
