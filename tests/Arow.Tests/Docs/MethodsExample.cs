using Arow.Objectives;

namespace Arow.Tests.Docs;

/// <summary>The C# of docs/methods.md: what stands between the marks here stands there, letter for letter.</summary>
public sealed class MethodsExample
{
    [Fact]
    public void The_page_shows_this_code()
    {
        var source = File.ReadAllText(Path.Combine(Repository.Root, "tests/Arow.Tests/Docs/MethodsExample.cs"));
        var shown = source.Split("// begin\n")[1].Split("        // end")[0];
        var code = string.Join('\n', shown.Split('\n').Select(line => line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line))
            .Trim();
        Assert.Contains($"\n\n{code}\n```", File.ReadAllText(Path.Combine(Repository.Root, "docs/methods.md")));
    }

    [Fact]
    public void It_runs_and_the_weight_of_its_own_is_what_trains()
    {
        using var folder = new TemporaryFolder();
        var result = Run(folder.File("run"));
        Assert.Equal(1, result.Epochs);
        Assert.True(File.Exists(folder.File("run/weights.safetensors")));
    }

    [Fact]
    public void The_page_names_every_method()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/methods.md"));
        foreach (var name in Catalog.Objectives.Keys) Assert.Contains($"`{name}`", page);
        foreach (var weight in SampleWeight.All) Assert.Contains($"`{weight.Name}`", page);
        foreach (var divergence in Divergence.All) Assert.Contains($"`{divergence.Name}`", page);
    }

    private static TrainingResult Run(string path)
    {
        // begin
        var options = new TrainingOptions
        {
            Dataset = "glyphs", LimitTrain = 100, LimitTest = 20, Model = "tiny-cnn", Epochs = 1, BatchSize = 50, AttackSteps = 2,
        };
        // (1 − q_y)²: still more regularization on the least robust samples, the rest of ARoW as it is.
        var squared = new SampleWeight("squared", (z, zAdv, y) => (1 - Losses.Probability(zAdv, y)).square());
        var objective = new ComposedObjective(new Arow.Objectives.Arow(Lambda: 3.5, Smoothing: 0.2), squared, DetachWeight: false);
        using var run = new TrainingRun(options, new RunFolder(path)) { Objective = objective };
        TrainingResult result = run.Run();
        // end
        return result;
    }
}
