namespace Arow.Tests.Unit.Studies;

/// <summary>What a study says beside its rows of what was asked for: whatever decides them, and nothing else.</summary>
public sealed class StudyEvaluationTests
{
    private static readonly TrainingOptions Common =
        new() { Dataset = "glyphs", Objective = "arow", Threat = new(Norm.Linf, Ratio.FromFraction(8, 255)) };

    private static readonly StudyEvaluation Asked = new("all of it", new()
    {
        Attacks = ["pgd20", "square"], Limit = 40, Seed = 3, BatchSize = 50, Budget = new AttackBudget(Restarts: 2, Steps: 4, Queries: 6, Targets: 8),
    })
    {
        Norm = Norm.L2, Epsilon = Ratio.Parse("0.5"),
    };

    private static StudyEvaluation With(Func<EvaluationOptions, EvaluationOptions> change) => Asked with { Options = change(Asked.Options) };

    /// <summary>To the letter: other words would set studies aside that are half done.</summary>
    [Fact]
    public void Everything_is_said_by_the_names_of_the_study_file()
    {
        Assert.Equal(
            """{"attacks":["pgd20","square"],"norm":"l2","epsilon":"0.5","images":40,"seed":3,"batch-size":50,"restarts":2,"steps":4,"queries":6,"targets":8}""" + "\n",
            Asked.Serialize(Common));
        Assert.Equal(
            """{"attacks":[],"norm":"linf","epsilon":"8/255","images":null,"seed":0,"batch-size":250}""" + "\n",
            new StudyEvaluation("plain", new() { Attacks = [] }).Serialize(Common));
    }

    [Fact]
    public void Whatever_decides_the_rows_makes_another_evaluation()
    {
        (string What, StudyEvaluation Other)[] others =
        [
            ("attacks", With(o => o with { Attacks = ["pgd20"] })), ("images", With(o => o with { Limit = 41 })),
            ("all images", With(o => o with { Limit = null })),
            ("seed", With(o => o with { Seed = 4 })), ("batch size", With(o => o with { BatchSize = 51 })), ("norm", Asked with { Norm = Norm.L1 }),
            ("the study's norm", Asked with { Norm = null }), ("epsilon", Asked with { Epsilon = Ratio.Parse("0.6") }),
            ("the study's epsilon", Asked with { Epsilon = null }),
            ("restarts", With(o => o with { Budget = o.Budget with { Restarts = 3 } })),
            ("steps", With(o => o with { Budget = o.Budget with { Steps = 3 } })),
            ("queries", With(o => o with { Budget = o.Budget with { Queries = 3 } })),
            ("targets", With(o => o with { Budget = o.Budget with { Targets = 3 } })),
        ];
        foreach (var (what, other) in others) Assert.True(other.Serialize(Common) != Asked.Serialize(Common), what);
        Assert.Equal(others.Length + 1, others.Select(o => o.Other.Serialize(Common)).Append(Asked.Serialize(Common)).Distinct().Count());
        // Who is measured is no part of how.
        Assert.Equal(Asked.Serialize(Common), (Asked with { ChosenOnly = true, Seeds = [1] }).Serialize(Common));
        var plain = Asked with { Norm = null, Epsilon = null };
        Assert.NotEqual(plain.Serialize(Common), plain.Serialize(Common with { Threat = Common.Threat with { Norm = Norm.L1 } }));
        Assert.NotEqual(plain.Serialize(Common), plain.Serialize(Common with { Threat = new(Norm.Linf, Ratio.FromFraction(4, 255)) }));
    }

    [Fact]
    public void An_evaluation_that_was_begun_as_another_is_refused()
    {
        using var folder = new TemporaryFolder();
        var run = new StudyRun("arow-seed0", new StudyCell("glyphs", "arow", ""), [], Common);
        var there = new StudyFolder(folder.File("study"));
        there.WriteRequest(run, Asked, Asked.Serialize(Common));
        Assert.Empty(there.Validate(Of(Asked)));
        Assert.Contains("was started as {\"attacks\":[\"pgd20\",\"square\"]", Assert.Single(there.Validate(Of(With(o => o with { Seed = 4 })))));

        Study Of(StudyEvaluation evaluation) =>
            new("study", [run], [evaluation], "arow", new Dictionary<string, TrainingOptions> { ["glyphs"] = Common });
    }
}
