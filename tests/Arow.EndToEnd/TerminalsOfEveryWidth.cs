using System.Text.RegularExpressions;

namespace Arow.EndToEnd;

/// <summary>
/// Every command on terminals of 60, 80 and 120 columns: no line is wider; and Ctrl-C in each phase of those that
/// take long: acknowledged, then what is left, and the exit code of shells.
/// </summary>
public sealed class TerminalsOfEveryWidth(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private const string Little = "--dataset glyphs --model tiny-cnn --validation 20 --objective standard --gap-images 0 --threads 1";

    private readonly Program arow = trained.Arow;

    /// <summary>What a terminal obeys and does not show.</summary>
    private static string Shown(string text) => Regex.Replace(text, @"\x1b(\[[\d;?]*[A-Za-z]|[=>])", "");

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void Every_command_fits(int columns)
    {
        string[] tables =
        [
            "data list", "models", "evaluate run --attack fgsm,pgd20 --limit 20 --threads 1 --output ev --fail-under 0",
            "analyze run --limit 20 --landscape 0 --threads 1 --output an", "report .",
        ];
        string[] sentences =
        [
            "data verify glyphs", "data preview glyphs --output sheet.png", "models tiny-cnn", "version", "help",
            "evaluate run --attack fgsm --limit 20 --threads 1 --output weak --fail-under 1", "compare-evaluations ev weak --output pair",
            "predict run sheet.png --withstands 8/255 --threads 1", "export run --format onnx --output model.onnx",
            "train --output run --datset glyphs --nonsense", "evaluate nothing --attack nonsense",
        ];
        // What fits into the narrowest fits into the others, but for tables that leave out columns.
        foreach (var command in (string[])[.. tables, .. columns == 60 ? sentences : []])
        {
            var outcome = arow.RunInTerminal(columns, command.Split(' '));
            Assert.True(outcome.ExitCode is 0 or 2 or 3, $"{command}: {outcome.Output}");
            foreach (var line in Shown(outcome.Output).Split('\r', '\n'))
                Assert.True(line.Length <= columns, $"{command}: {line.Length} columns: {line}");
        }
    }

    [Theory]
    [InlineData("model: tiny-cnn", "train " + Little + " --epochs 100000 --output begun", "step", "the run is saved; 'arow train --output begun --resume' resumes")]
    [InlineData(" images/s", "train " + Little + " --epochs 100000 --output stepped", "step", "the run is saved; 'arow train --output stepped --resume' resumes")]
    [InlineData("clean +≤", "train " + Little + " --limit-train 40 --epochs 1 --output measured", "batch",
        "the trained weights are saved; 'arow train --output measured --resume' resumes", Explicit = true)]
    [InlineData("broke .* of ", "evaluate run --attack fgsm,square --queries 100000 --limit 200 --threads 1 --output evaluated", "batch",
        "finished batches are kept. To resume: arow evaluate run ")]
    [InlineData(" left ", "analyze run --attack pgd20 --landscape 0 --threads 1 --output analyzed", null, "no results were written")]
    [InlineData(" left ", "analyze run --attack pgd20 --landscape 0 --threads 1 --output analyzed --resume", null,
        "finished batches are kept: the same command with --resume continues", Explicit = true)]
    [InlineData("sheet.png", "predict run sheets --withstands 8/255 --threads 1", null, "what is printed is complete; the other pictures were not classified")]
    [InlineData("pictures", "predict run sheets --withstands 8/255 --threads 1 --output classes", null, "no results were written", Explicit = true)]
    [InlineData(" of 600 images", "data resize sheets --size 64 --output resized", null, "no results were written")]
    [InlineData(" of 600 images", "data pack sheets --image-size 64 --output packed", null, "no results were written", Explicit = true)]
    [InlineData(" images/s", "quickstart --output quick", null, "trained networks are kept in quick; the next quickstart needs another --output or chooses one")]
    [InlineData(" images/s", "compare studies/glyphs.json --output study", null, "finished work is kept in study; the same command resumes")]
    [InlineData("precision", "train " + Little + " --batch-size 512 --epochs 2 --dry-run", "step", "no results were written")]
    [InlineData("reading images", "train --dataset folder --data-dir sheets --image-size 64 --model tiny-cnn --epochs 1 --threads 1 --output read", null,
        "no results were written")]
    [InlineData("reading images", "evaluate run --dataset folder --data-dir sheets --image-size 28 --threads 1 --output read", null,
        "no results were written", Explicit = true)]
    [InlineData("Listening on ", "serve run --port 0", null, null)]
    public void Ctrl_C_is_acknowledged_in_each_phase(string said, string command, string? after, string? left)
    {
        if (command.Contains("sheets", StringComparison.Ordinal)) WriteSheets();
        var outcome = arow.StopInTerminal(80, said, command.Split(' '));
        Assert.True(outcome.ExitCode == 130, $"exit {outcome.ExitCode}: {outcome.Output}");
        var words = string.Join(' ', Shown(outcome.Output).Split((char[])['\r', '\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        var stopping = $"arow: stopping{(after is null ? "" : $" after this {after}")} ... (again: at once)";
        Assert.Contains(stopping, words);
        Assert.Contains(left is null ? "" : $"arow: stopped; {left}", words.Split(stopping)[1]);
        if (left == "no results were written") Assert.False(Path.Exists(arow.File(command.Split("--output ").Last())));
    }

    /// <summary>Two folders of one picture many times, in files that differ.</summary>
    private void WriteSheets()
    {
        if (Directory.Exists(arow.File("sheets"))) return;
        arow.Run("data", "preview", "glyphs", "--columns", "100", "--output", "sheet.png").AssertDone();
        var picture = File.ReadAllBytes(arow.File("sheet.png"));
        foreach (var name in (string[])["a", "b"])
        {
            Directory.CreateDirectory(arow.File($"sheets/{name}"));
            for (var i = 0; i < 300; i++) File.WriteAllBytes(arow.File($"sheets/{name}/{i}-sheet.png"), [.. picture, (byte)name[0], .. BitConverter.GetBytes(i)]);
        }
    }
}
