namespace Arow.Tests.Unit.Training;

/// <summary>Defaults follow from the number of steps, and what cannot learn is told.</summary>
public sealed class ShortRunTests
{
    private static readonly TrainingOptions Given = new() { Dataset = "glyphs", Epochs = 3 };

    [Fact]
    public void A_short_run_gets_small_batches_and_one_cycle()
    {
        var fitted = ShortRun.Fit(Given, 6000, ["epochs"]);
        Assert.Equal((32, "cyclic", 0.05), (fitted.BatchSize, fitted.Schedule, fitted.LearningRate!.Value));
        Assert.Equal("a short run of fewer than 2000 steps: BatchSize = 32, LearningRate = 0.05, Schedule = cyclic, since nothing else was given",
            ShortRun.Describe(Given, fitted));
        Assert.Equal(0.1, ShortRun.Fit(Given with { Model = "tiny-cnn" }, 6000, []).LearningRate);
        // Exactly, since it is shown.
        Assert.Equal(0.01, ShortRun.Fit(Given with { Model = "tiny-cnn", Init = "weights" }, 6000, []).LearningRate);
    }

    [Fact]
    public void What_is_given_stays_and_long_runs_have_the_defaults_of_the_paper()
    {
        Assert.Equal(128, ShortRun.Fit(Given, 6000, ["batch-size"]).BatchSize);
        Assert.Equal(0.3, ShortRun.Fit(Given with { LearningRate = 0.3 }, 6000, ["lr"]).LearningRate);
        var stepped = ShortRun.Fit(Given, 6000, ["schedule"]);
        Assert.Equal(("multistep", null), (stepped.Schedule, stepped.LearningRate));
        Assert.Equal("multistep", ShortRun.Fit(Given with { Milestones = [2] }, 6000, ["milestones"]).Schedule);
        var whole = Given with { Epochs = 120 };
        Assert.Equal(whole, ShortRun.Fit(whole, 60000, []));
        Assert.Null(ShortRun.Describe(whole, whole));
    }

    /// <summary>What is copied from a run that was begun, and what is given, goes by these names.</summary>
    [Fact]
    public void Each_rule_changes_the_option_that_it_names_and_no_other()
    {
        foreach (var (name, fit) in ShortRun.Rules)
        {
            var options = Given with { Schedule = name == "lr" ? "cyclic" : Given.Schedule };
            Assert.Equal([name], Settings.All.Where(s => s.Get(options) != s.Get(fit(options))).Select(s => s.Name));
        }
    }

    [Fact]
    public void A_run_that_was_begun_keeps_what_it_was_begun_with()
    {
        var begun = Given with { BatchSize = 7, Schedule = "cosine", LearningRate = 0.2 };
        Assert.Equal(begun, ShortRun.Copy(Given, begun, []));
        Assert.Equal(begun with { BatchSize = 9 }, ShortRun.Copy(Given with { BatchSize = 9 }, begun, ["batch-size"]));
    }

    [Theory]
    [InlineData(10, 128, 443, "40 steps are too few to learn much (epochs 10, 443 images, batch-size 128): try BatchSize = 32, Epochs = 22")]
    [InlineData(1, 8, 5, "1 step is too few to learn much (epochs 1, 5 images, batch-size 8): try BatchSize = 8, Epochs = 300")]
    [InlineData(20, 32, 443, null)]
    [InlineData(20, 32, 450,
        "300 steps are too few to learn much (epochs 20, 450 images, batch-size 32, 100 classes): try BatchSize = 32, Epochs = 200", 100)]
    [InlineData(100, 32, 450, null, 100)]
    public void Too_few_steps_are_told(int epochs, int batch, int images, string? line, int classes = 10) =>
        Assert.Equal(line, ShortRun.DescribeTooFewSteps(Given with { Epochs = epochs, BatchSize = batch }, images, classes));

    /// <summary>A head of a hundred classes on trained weights needs no more steps than one of ten.</summary>
    [Fact]
    public void Trained_weights_need_fewer_steps() =>
        Assert.Null(ShortRun.DescribeTooFewSteps(Given with { Init = "weights", Epochs = 20, BatchSize = 32 }, 450, 100));
}
