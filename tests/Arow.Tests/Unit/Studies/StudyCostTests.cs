namespace Arow.Tests.Unit.Studies;

/// <summary>What a study says beforehand of the time that it takes.</summary>
public sealed class StudyCostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The machine may be anybody's at the same time: a factor of ten to either side.</summary>
    [Fact]
    public void The_estimate_is_of_the_size_of_what_it_takes()
    {
        const double Factor = 10;
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), """
            {
              "settings": { "dataset": "glyphs", "model": "tiny-cnn", "limit-train": 260, "validation": 60, "epochs": 3, "batch-size": 50, "lr": 0.02, "threads": 1 },
              "methods": [ { "objective": "pgd-at" }, { "objective": "arow", "lambda": [1, 3], "attack-steps": 5 } ],
              "evaluations": [ { "name": "pgd", "attacks": "pgd20", "images": 60 }, { "name": "chosen", "attacks": "pgd10", "images": 60, "of": "chosen" } ]
            }
            """);
        var study = StudyFile.Read(folder.File("study.json"));
        var there = new StudyFolder(folder.File("study"));
        var cost = StudyCost.Measure(study, there, Patience);
        // λ costs nothing; nothing is begun.
        Assert.Equal([("pgd-at", 1), ("arow", 2)], cost.Configurations.Select(p => (Assert.Single(p.Methods), p.Runs)));
        Assert.False(cost.IsPartial);
        Assert.False(Directory.Exists(there.Path));

        there.Create(folder.File("study.json"), study);
        Assert.Empty(new StudyRunner(study, there).Run().Failed);
        var trained = study.Runs.Sum(r => there.Run(r).ReadLog()[^1].Seconds);
        Assert.InRange(cost.Training, trained / Factor, trained * Factor);
        var evaluated = study.Runs.SelectMany(r => study.Evaluations.Where(e => there.IsMeasured(r, e))
            .Select(e => there.Evaluation(r, e).Read().Summary.Attacks.Sum(a => a.Seconds))).Sum();
        // At most: images that fall are not attacked again.
        Assert.True(evaluated <= cost.Evaluation * Factor, $"{evaluated} s, estimated as {cost.Evaluation} s at most");

        // What is done costs nothing more.
        Assert.Empty(StudyCost.Measure(study, there, Patience).Configurations);
    }

    /// <summary>One setting of three is to be measured; passes: 3 for each step and one to judge by.</summary>
    [Fact]
    public void Twice_the_images_the_epochs_or_the_steps_cost_twice_as_much()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), """
            {
              "settings": { "dataset": "glyphs", "model": "tiny-cnn", "limit-train": 45, "epochs": 2, "batch-size": 20, "threads": 1, "select-on": "last" },
              "methods": [ { "name": "a", "objective": "standard" }, { "name": "b", "objective": "standard", "epochs": 4 }, { "name": "c", "objective": "standard", "limit-train": 100, "epochs": 3 } ],
              "evaluations": [ { "name": "one", "attacks": "pgd10", "images": 100 }, { "name": "two", "attacks": "pgd20", "images": 300, "of": "chosen" } ]
            }
            """);
        var cost = StudyCost.Measure(StudyFile.Read(folder.File("study.json")), new StudyFolder(folder.File("study")), Patience);
        var part = Assert.Single(cost.Configurations);
        Assert.Equal(["a", "b", "c"], part.Methods);
        // Steps: 3 · 2 + 3 · 4 + 5 · 3.
        Assert.Equal(33 * part.Cost!.Step, part.Training, 1e-9);
        Assert.Equal(3 * (100 * 31 + 300 * 61) * part.Cost.Pass, part.Evaluation, 1e-9);
        Assert.Equal(15 * part.Cost.Step + (100 * 31 + 300 * 61) * part.Cost.Pass, part.Longest, 1e-9);
    }

    [Fact]
    public void Processes_share_the_cores_and_none_is_faster_than_the_longest_run()
    {
        var cost = new StudyCost([new ConfigurationCost(["a"], null, null, 4, 300, 100, 90)]);
        Assert.Equal(400, cost.Seconds(1, threads: 1, cores: 2));
        Assert.Equal(200, cost.Seconds(2, threads: 1, cores: 2));
        Assert.Equal(200, cost.Seconds(8, threads: 1, cores: 2));
        Assert.Equal(400, cost.Seconds(2, threads: null, cores: 2));
        Assert.Equal(90, cost.Seconds(8, threads: 1, cores: 16));
        Assert.Equal(0, new StudyCost([]).Seconds(1, 1, 2));
    }

    [Fact]
    public void Where_time_is_up_the_rest_is_said_not_to_be_measured()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), """
            { "settings": { "dataset": "glyphs", "model": "tiny-cnn", "limit-train": 40, "validation": 10 }, "methods": [ { "objective": "arow" } ] }
            """);
        var cost = StudyCost.Measure(StudyFile.Read(folder.File("study.json")), new StudyFolder(folder.File("study")), TimeSpan.FromTicks(-1));
        Assert.True(cost.IsPartial);
        Assert.Contains("took more than", Assert.Single(cost.Configurations).Remark);
    }

    /// <summary>Whatever a run is made of, its few steps can be taken.</summary>
    [Theory]
    [InlineData("hat")]
    [InlineData("lbgat")]
    [InlineData("free")]
    [InlineData("fgsm-rs")]
    [InlineData("n-fgsm")]
    [InlineData("ikl-at")]
    [InlineData("gair-at")]
    [InlineData("fat-trades")]
    public void Every_kind_of_run_can_be_measured(string objective)
    {
        var cost = CostTrial.Measure(new TrainingOptions
        {
            Dataset = "glyphs", Model = "tiny-cnn", Objective = objective, LimitTrain = 5000, BatchSize = 10,
            AttackSteps = objective is "free" or "fgsm-rs" or "n-fgsm" ? null : 2,
            Threads = 1, CutMix = objective is "hat" or "free" ? 0.5 : null, SwaStart = 60,
            Keep = [KeptWeights.Last, KeptWeights.Best, KeptWeights.Average], Awp = objective == "gair-at" ? 0.005 : null,
            AwpStart = objective == "gair-at" ? 20 : null,
        });
        Assert.True(cost is { Step: > 0, Selection: > 0, Pass: > 0, Classes: 10 }, $"{cost}");
    }
}
