using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Arow.Tests.Docs;

/// <summary>The README's C#: what stands between the marks here stands there, letter for letter.</summary>
public sealed class ReadmeExample
{
    private static string Code
    {
        get
        {
            var source = File.ReadAllText(Path.Combine(Repository.Root, "tests/Arow.Tests/Docs/ReadmeExample.cs"));
            var shown = source.Split("// begin\n")[1].Split("        // end")[0];
            var lines = shown.Split('\n').Select(line => line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line);
            return string.Join('\n', lines).Trim();
        }
    }

    [Fact]
    public void The_README_shows_this_code() =>
        Assert.Contains($"\n\n{Code}\n```", File.ReadAllText(Path.Combine(Repository.Root, "README.md")));

    [Fact]
    public void Every_type_that_it_names_has_an_example()
    {
        var library = typeof(Classifier).Assembly;
        var documented = XDocument.Load(Path.ChangeExtension(library.Location, ".xml")).Descendants("member")
            .Where(member => member.Element("example") is not null).Select(member => member.Attribute("name")!.Value).ToHashSet();
        var text = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var words = Regex.Matches(Code, @"(?<!\.)\b[A-Z]\w+").Select(word => word.Value)
            .Concat(Regex.Matches(text, @"`(?!Arow\.)([A-Z]\w+)\.\w+`").Select(named => named.Groups[1].Value)).ToHashSet();
        foreach (var type in library.GetExportedTypes().Where(type => words.Contains(type.Name)))
            Assert.Contains($"T:{type.FullName}", documented);
    }

    [Fact]
    public void It_runs()
    {
        using var folder = new TemporaryFolder();
        var (cleanAccuracy, broken) = Run(folder.File("run"));
        Assert.InRange(cleanAccuracy, 0, 1);
        Assert.InRange(broken, 0, 100);
    }

    private static (double CleanAccuracy, long Fooled) Run(string path)
    {
        // begin
        // Optional, once and first: loads libtorch and tunes this process for it.
        ArowRuntime.Initialize();

        // Train with ARoW; the folder holds weights, log, checkpoints and the run file.
        var options = new TrainingOptions
        {
            Dataset = "glyphs", LimitTrain = 500, LimitTest = 100, Model = "tiny-cnn",
            Objective = "arow", Threat = new(Norm.Linf, Ratio.FromFraction(8, 255)), Epochs = 2, LearningRate = 0.1,
        };
        using var run = new TrainingRun(options, new RunFolder(path));
        run.Run();
        EvaluationSummary summary = run.Evaluate();

        // Attack anything that takes images in [0, 1] and gives logits.
        using var scope = torch.NewDisposeScope();
        using var images = new Glyphs().Load(Split.Test, folder: null);
        var (network, _) = NetworkFile.Load(run.Folder.Weights);
        Classifier f = network.ForEvaluation();
        IAttack attack = Pgd.Standard(new ThreatModel(Norm.Linf, 8 / 255.0), steps: 20);
        var (x, y) = (ImageSet.ToPixels(images.Images[..100]), images.Labels[..100]);
        var xAdv = attack.Perturb(f, x, y, Noise.Keyed(seed: 0, samples: images.Indices[..100]));
        var broken = (f(xAdv).argmax(1) != y).sum().item<long>();
        network.Dispose();
        // end
        return (summary.CleanAccuracy, broken);
    }
}
