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
            var predicted = Arow.Run(["predict", $"model.{format}", "sheet.png", .. described]).AssertDone();
            Assert.Equal(answer, predicted.Output);
            // How a model is attacked is said where it is.
            Assert.DoesNotContain("gradients", predicted.Error);
            var attacked = Arow.Run(["predict", $"model.{format}", "sheet.png", "--withstands", "0.02", .. described]).AssertDone();
            Assert.Equal(format == "onnx", attacked.Error.Contains("is attacked with gradients", StringComparison.Ordinal));
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
            .AssertRefused("--format 'keras' is unknown; known are onnx pytorch safetensors", "--output no/such");
        Arow.Run("export", "run", "--format", "pytorch", "--output", "a.pt", "--probabilities").AssertRefused("apply to ONNX files");
        Arow.Run("export", "run", "--format", "onnx", "--output", "again.onnx").AssertDone();
        Arow.Run("export", "again.onnx", "--input", "1x28x28", "--format", "safetensors", "--output", "b.safetensors")
            .AssertRefused("not an architecture of Arow");
        Assert.False(File.Exists(Arow.File("b.safetensors")));
    }

    [Fact]
    public void PyTorch_loads_the_state_dict()
    {
        Arow.Run("export", "run", "--format", "pytorch", "--output", "for-python.pt").AssertDone();
        Assert.Equal("OrderedDict 20 10\n", RunPython("PyTorch", "torch", """
            s = torch.load(sys.argv[1], weights_only=True)
            print(type(s).__name__, len(s), s['fc.weight'].shape[0])
            """, Arow.File("for-python.pt")));
    }

    /// <summary>What torchvision saved comes back to it: the same keys, none missing and none over, the same bits.</summary>
    [Fact]
    public void Torchvision_gets_back_what_it_gave()
    {
        const string Make = "m = torchvision.models.resnet18(num_classes=3)\n";
        RunPython("torchvision", "torch, torchvision", Make + "torch.save(m.state_dict(), sys.argv[1])", Arow.File("torchvision.pth"));
        foreach (var format in (string[])["pytorch", "onnx"])
        {
            Arow.Run("export", "torchvision.pth", "--model", "resnet18-imagenet", "--input", "3x64x64", "--class-names", "a,b,c", "--format", format,
                "--output", $"back.{format}").AssertDone();
        }
        Assert.Equal("<All keys matched successfully> True\n", RunPython("torchvision", "torch, torchvision", Make + """
            was, now = (torch.load(path, weights_only=True) for path in sys.argv[1:])
            print(m.load_state_dict(now, strict=True), all(torch.equal(was[k], now[k]) for k in was))
            """, Arow.File("torchvision.pth"), Arow.File("back.pytorch")));
        Assert.Equal("valid\n", CheckOnnx("back.onnx"));
    }

    [Fact]
    public void The_checker_of_ONNX_accepts_what_is_exported()
    {
        foreach (var more in (string[][])[[], ["--keep-batch-norm", "--probabilities"]])
        {
            Arow.Run(["export", "run", "--format", "onnx", "--output", "checked.onnx", .. more]).AssertDone();
            Assert.Equal("valid\n", CheckOnnx("checked.onnx"));
            File.Delete(Arow.File("checked.onnx"));
        }
    }

    private string CheckOnnx(string file) =>
        RunPython("onnx", "onnx", "onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)\nprint('valid')", Arow.File(file));

    /// <summary>Runs a script with the first Python that has some modules; skips the test if none has.</summary>
    private static string RunPython(string package, string modules, string script, params string[] arguments)
    {
        foreach (var python in (string[])["python3", "/usr/bin/python3"])
        {
            try
            {
                if (Execute(python, $"import {modules}").Code != 0) continue;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // No such Python.
                continue;
            }
            var (code, output, error) = Execute(python, $"import sys, {modules}\n{script}");
            Assert.True(code == 0, error);
            return output;
        }
        Assert.Skip($"needs a Python with {package}");
        return "";

        (int Code, string Output, string Error) Execute(string python, string program)
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-W", "ignore", "-c", program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
    }
}
