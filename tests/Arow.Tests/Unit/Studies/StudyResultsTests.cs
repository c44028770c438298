namespace Arow.Tests.Unit.Studies;

public sealed class StudyResultsTests
{
    /// <summary>Weights that were trained anew have not been measured.</summary>
    [Fact]
    public void Results_of_other_weights_than_those_beside_them_are_refused()
    {
        using var folder = new TemporaryFolder();
        var run = new StudyRun("arow-seed0", new StudyCell("glyphs", "arow", ""), [], new TrainingOptions { Dataset = "glyphs", Objective = "arow" });
        var study = new Study("study", [run], [new StudyEvaluation("pgd20", new())], "arow", new Dictionary<string,
            TrainingOptions>
        { ["glyphs"] = run.Options });
        var there = new StudyFolder(folder.File("study"));
        var weights = there.Run(run).Weights;
        Directory.CreateDirectory(there.Run(run).Path);
        File.WriteAllBytes(weights, [1, 2, 3]);
        var result = new EvaluationResult([new SampleResult(0, 0, 0, 1, "pgd20", -1, 0.1), new SampleResult(1, 1, 1, 1, null, 1, 0.1)],
            [new AttackResult("pgd20", 2, 1, 0.5, 1)]);
        there.Evaluation(run, study.Headline).Write(result, EvaluationSummary.Create(
            result, ["cat", "dog"], new EvaluationSubject("tiny-cnn", weights, EvaluationRun.HashFile(weights), "arow", "validation", "glyphs",
                "linf", "8/255", 0), "rows.tsv"));
        Assert.Equal(0.5, Measured()!.Summary.RobustAccuracy);

        File.WriteAllBytes(weights, [1, 2, 4]);
        var fault = Assert.Throws<InputException>(() => Measured());
        Assert.Contains($"is of other weights than {weights}", fault.Message);
        // Results can be handed on without weights.
        File.Delete(weights);
        Assert.Equal(result.Rows, Measured()!.Rows);

        Measurement? Measured() => StudyResults.Read(study, there).Runs[0].Measured.GetValueOrDefault("pgd20");
    }
}
