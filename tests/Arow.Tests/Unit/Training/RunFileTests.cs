using Arow.Training;

namespace Arow.Tests.Unit.Training;

public sealed class RunFileTests
{
    [Fact]
    public void Comments_and_trailing_commas_are_allowed_and_options_win()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("run.json");
        File.WriteAllText(path, """
            // what it is for
            { "dataset": "glyphs", "lambda": 2, "epsilon": "4/255", "nesterov": true, "milestones": [3, 5], /* why */ "epochs": 7, }
            """);
        var options = RunFile.Read(path, [("lambda", "3"), ("norm", "l2")]);
        Assert.Equal("glyphs", options.Dataset);
        Assert.Equal(3, options.Lambda);
        Assert.Equal("4/255", options.Epsilon.Text);
        Assert.Equal(4.0 / 255, options.Epsilon.Value);
        Assert.Equal(Norm.L2, options.Norm);
        Assert.True(options.Nesterov);
        Assert.Equal([3, 5], options.Milestones);
    }

    [Fact]
    public void What_is_written_reads_back_as_it_was()
    {
        using var folder = new TemporaryFolder();
        var options = new TrainingOptions
        {
            Dataset = "glyphs", Lambda = 1.25, Epsilon = Ratio.Parse("0.031")!.Value, Norm = Norm.L1, AttackStart = Start.Gaussian,
            Milestones = [1, 2], EmaDecay = 0.99, Nesterov = true, Threads = 1, ClipGradient = 3, Seed = -4,
        };
        File.WriteAllText(folder.File("run.json"), RunFile.Write(options));
        var back = RunFile.Read(folder.File("run.json"), []);
        foreach (var setting in Settings.All) Assert.Equal(setting.Get(options), setting.Get(back));
    }

    [Fact]
    public void Every_fault_is_reported_at_once_on_one_line()
    {
        var fault = Assert.Throws<InputException>(() => RunFile.Read(null,
        [
            ("dataset", "glyhps"), ("lamda", "3"), ("epochs", "many"), ("objective", "standard"), ("lambda", "1"), ("momentum", "1.5"),
            ("norm", "l3"), ("swa-start", "2"), ("ema-decay", "0.9"), ("attack-loss", "kl"), ("epsilon", "8"),
        ]));
        Assert.DoesNotContain('\n', fault.Message);
        foreach (var part in (string[])[
            "'glyhps' is unknown; known are glyphs", "'lamda' is no option; did you mean lambda?", "epochs 'many' is not a whole number",
            "lambda: standard has none", "momentum 1.5", "norm 'l3' is not one of linf l2 l1", "swa-start and ema-decay",
            "attack-loss: standard trains without", "was 8/255 meant?"])
        {
            Assert.Contains(part, fault.Message);
        }
    }

    [Theory]
    [InlineData("{ \"dataset\": ", "line 1")]
    [InlineData("[1]", "a JSON object")]
    [InlineData("{ \"epochs\": {} }", "epochs")]
    [InlineData("{ \"dataset\": \"glyphs\", \"epochs\": 2.5 }", "whole number")]
    public void A_file_that_is_none_is_named(string text, string says)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("bad.json"), text);
        var fault = Assert.Throws<InputException>(() => RunFile.Read(folder.File("bad.json"), []));
        Assert.Contains("bad.json", fault.Message);
        Assert.Contains(says, fault.Message);
    }

    [Fact]
    public void Every_recipe_is_a_run_file()
    {
        var recipes = Directory.GetFiles(Path.Combine(Repository.Root, "recipes"), "*.json");
        Assert.NotEmpty(recipes);
        foreach (var recipe in recipes) Assert.NotNull(RunFile.Read(recipe, []).Dataset);
    }

    [Theory]
    [InlineData("8/255", 8.0 / 255)]
    [InlineData("0.03", 0.03)]
    [InlineData(" 1e-2 ", 0.01)]
    public void Fractions_keep_their_text(string text, double value)
    {
        var ratio = Ratio.Parse(text)!.Value;
        Assert.Equal(value, ratio.Value);
        Assert.Equal(text.Trim(), ratio.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("1/0")]
    [InlineData("1/2/3")]
    [InlineData("NaN")]
    [InlineData("1/")]
    public void What_is_no_number_is_none(string text) => Assert.Null(Ratio.Parse(text));
}
