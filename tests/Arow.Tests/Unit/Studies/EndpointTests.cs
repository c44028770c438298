namespace Arow.Tests.Unit.Studies;

/// <summary>What a study states before it begins, and what becomes of the statement.</summary>
public sealed class EndpointTests
{
    private const string Primary =
        """{ "title": "ARoW ≤ <b>", "arm": "arow", "against": ["PGD-AT", "trades ls"], "attack": "pgd10", /* half a point */ "margin": 0.5, }""";

    [Fact]
    public void Arms_and_evaluations_are_found_by_the_letters_and_digits_of_their_names()
    {
        var study = Read($"\"primary\": {Primary}, \"margin\": 2");
        var primary = study.Primary!;
        Assert.Equal(("ARoW", Accuracy.Robust, "strong", "glyphs"), (primary.Arm, primary.Metric, primary.Evaluation.Name, primary.Dataset));
        Assert.Equal(["PGD-AT", "TRADES-LS"], primary.Against);
        Assert.Equal((0.005, 0.02), (primary.Margin, study.Margin));
        Assert.Equal([0, 1, 2], primary.Seeds(study));
        Assert.Equal("""{"title":"ARoW ≤ <b>","arm":"arow","against":["PGD-AT","trades ls"],"attack":"pgd10","margin":0.5}""", primary.Verbatim);
    }

    [Fact]
    public void What_is_left_out_has_a_default()
    {
        var study = Read("""
            "secondary": [
              { "arm": "ARoW, lambda 3", "against": "PGD-AT" },
              { "arm": "TRADES-LS", "against": "ARoW", "metric": "clean", "evaluation": "Strong", "weights": "best" }
            ]
            """);
        Assert.Null(study.Primary);
        Assert.Equal(("ARoW, lambda 3", Accuracy.Robust, "weak", 0.005),
            (study.Secondary[0].Arm, study.Secondary[0].Metric, study.Secondary[0].Evaluation.Name, study.Secondary[0].Margin));
        Assert.Equal((Accuracy.Clean, "strong", "best"), (study.Secondary[1].Metric, study.Secondary[1].Evaluation.Name, study.Secondary[1].Weights));
    }

    [Theory]
    [InlineData("""{ "against": "PGD-AT" }""", "primary 1: 'arm' is missing")]
    [InlineData("""{ "arm": "ARoW" }""", "primary 1: 'against' is missing")]
    [InlineData("""{ "arm": "ARoW", "against": [] }""", "primary 1: 'against' is missing")]
    [InlineData("""{ "arm": "AROW2", "against": "PGD-AT" }""", "arm 'AROW2' is not a method (did you mean ARoW?); known are ARoW PGD-AT TRADES-LS")]
    [InlineData("""{ "arm": "ARoW", "against": ["PGD-AT", "FAT"] }""", "against 'FAT' is not a method")]
    [InlineData("""{ "arm": "ARoW", "against": ["PGD-AT", "arow"] }""", "ARoW would be compared with itself")]
    [InlineData("""{ "arm": "ARoW", "against": ["PGD-AT", "pgd at"] }""", "PGD-AT is listed 2 times")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "metric": "accuracy" }""", "metric 'accuracy' is unknown; known are clean robust")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "attack": "apgd" }""",
        "attack 'apgd' is not an evaluation of the study; known are weak strong plain")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "attack": "weak", "evaluation": "weak" }""", "one is enough")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "evaluation": "plain" }""", "metric robust: evaluation plain has no attack")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "evaluation": "once" }""", "needs at least two seeds")]
    [InlineData("""{ "arm": "ARoW, lambda 1", "against": "PGD-AT", "evaluation": "chosen" }""", "which may exclude 'ARoW, lambda 1'")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "margin": 0 }""", "margin '0' is not a number of points above 0")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "margin": "half" }""", "margin 'half' is not")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "weights": "final" }""", "weights 'final' is unknown; known are last best average")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "weights": "last" }""", "weights last: the runs of PGD-AT keep the best weights")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "dataset": "mnist" }""", "dataset 'mnist' is not one of the study's: glyphs")]
    [InlineData("""{ "arm": "ARoW", "against": "PGD-AT", "marign": 1 }""", "'marign' is unknown (did you mean margin?); known are")]
    [InlineData("""[ { "arm": "ARoW", "against": "PGD-AT" }, { "arm": "ARoW", "against": "TRADES-LS" } ]""", "a study has one primary endpoint")]
    [InlineData("\"ARoW\"", "primary 1 is not a JSON object")]
    public void What_is_wrong_is_refused_before_any_work(string primary, string fault)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), Text($"\"primary\": {primary}"));
        var (study, problems) = StudyFile.Parse(folder.File("study.json"), []);
        Assert.Null(study);
        Assert.Contains(problems, p => p.Contains(fault, StringComparison.Ordinal));
    }

    [Fact]
    public void Several_data_sets_need_one_to_be_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), Text(
            "\"primary\": { \"arm\": \"ARoW\", \"against\": \"PGD-AT\" }, \"datasets\": [ { \"name\": \"grey\", \"dataset\": \"glyphs\" }, { "
                + "\"name\": \"colour\", \"dataset\": \"glyphs-colour\" } ]"));
        Assert.Contains(StudyFile.Parse(folder.File("study.json"), []).Problems, p =>
            p.EndsWith("primary 1: 'dataset' is missing: the study has grey, colour"));
    }

    /// <summary>Two comparisons, three seeds: 2 · 2/2³ = 0.5; 2 · 2/2⁷ = 0.031 is the first below 0.05.</summary>
    [Fact]
    public void Seeds_that_cannot_decide_are_remarked_before_any_work()
    {
        var remark = Assert.Single(Read($"\"primary\": {Primary}").Remarks);
        Assert.Contains("3 seeds cannot show a difference", remark);
        Assert.Contains("with 2 comparisons the adjusted p-value is 0.5 or more; 7 seeds can", remark);
        Assert.Empty(Read("\"primary\": { \"arm\": \"ARoW\", \"against\": \"PGD-AT\" }", "[0, 1, 2, 3, 4, 5]").Remarks);
    }

    [Fact]
    public void Before_any_run_a_statement_may_change_and_afterwards_it_is_stamped()
    {
        using var folder = new TemporaryFolder();
        var there = new StudyFolder(folder.File("study"));

        Begin("");
        Assert.False(File.Exists(there.EndpointsFile));
        Begin("\"primary\": { \"arm\": \"ARoW\", \"against\": \"PGD-AT\" }");
        Begin($"\"primary\": {Primary}");
        Assert.Single(Stamped($"\"primary\": {Primary}"));

        // Spelling, order and comments state nothing.
        Directory.CreateDirectory(Path.Combine(there.Path, "runs", "arow-seed0"));
        Begin("\"primary\": { \"against\": [\"pgd-at\", \"trades-ls\"], \"arm\": \"ARoW\", \"evaluation\": \"strong\", \"title\": \"ARoW ≤ <b>\" }");
        Assert.Empty(EndpointText.DescribeChanges(Stamped($"\"primary\": {Primary}")));

        // What is only reported on is told too, and not kept.
        var changed = $"\"primary\": {Primary.Replace("0.5", "1.5")}";
        Assert.Contains("margin: 0.5 before, 1.5 now", Assert.Single(EndpointText.DescribeChanges(Stamped(changed))));
        Assert.Empty(EndpointText.DescribeChanges(Stamped($"\"primary\": {Primary}")));

        Directory.CreateDirectory(Path.Combine(there.Path, "runs", "arow-seed1", "evaluation-weak"));
        File.WriteAllText(Path.Combine(there.Path, "runs", "arow-seed1", "evaluation-weak", "summary.json"), "{}");
        Begin(changed);
        var stamp = Assert.Single(EndpointText.DescribeChanges(Stamped(changed)));
        Assert.StartsWith("PRIMARY ENDPOINT CHANGED: on ", stamp);
        Assert.Contains("after 2 runs had started and 1 had been evaluated", stamp);
        // Going back does not undo it.
        Begin($"\"primary\": {Primary}");
        Assert.Equal(2, EndpointText.DescribeChanges(Stamped($"\"primary\": {Primary}")).Count());

        Assert.Contains("PRIMARY ENDPOINT WITHDRAWN", EndpointText.DescribeChanges(Stamped("")).Last());
        Assert.Contains("SECONDARY ENDPOINTS STATED LATE",
            EndpointText.DescribeChanges(Stamped($"\"primary\": {Primary}, \"secondary\": {Primary}")).Last());
        // Seeds that are added when results can be seen, and other images, are a change of the statement.
        Assert.Contains("seeds: [0,1,2] before, [0,1,2,3] now",
            EndpointText.DescribeChanges(there.Endpoints(Read($"\"primary\": {Primary}", "[0, 1, 2, 3]"))).Last());

        void Begin(string endpoints)
        {
            File.WriteAllText(folder.File("study.json"), Text(endpoints));
            there.Create(folder.File("study.json"), StudyFile.Read(folder.File("study.json")));
        }

        IReadOnlyList<StatedEndpoints> Stamped(string endpoints) => there.Endpoints(Read(endpoints));
    }

    [Fact]
    public void A_first_statement_after_runs_is_stamped()
    {
        using var folder = new TemporaryFolder();
        var there = new StudyFolder(folder.File("study"));
        Directory.CreateDirectory(Path.Combine(there.Path, "runs", "arow-seed0"));
        Assert.Contains("PRIMARY ENDPOINT STATED LATE",
            Assert.Single(EndpointText.DescribeChanges(there.Endpoints(Read($"\"primary\": {Primary}")))));
        Assert.Empty(there.Endpoints(Read("")));
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{}")]
    [InlineData("[{}]")]
    [InlineData("""[{ "runs_begun": 0, "runs_begun": 1 }]""")]
    [InlineData("""[{ "since": "2026-11-30T00:00:00Z", "runs_begun": 0, "runs_measured": 0, "sha256": "0", "primary": null, "secondary": [] }]""")]
    [InlineData("""[{ "since": "now", "runs_begun": 0, "runs_measured": 0, "sha256": "0", "primary": 5, "secondary": {} }]""")]
    public void A_damaged_history_is_refused_by_name(string text)
    {
        using var folder = new TemporaryFolder();
        var there = new StudyFolder(folder.Path);
        File.WriteAllText(there.EndpointsFile, text);
        Assert.StartsWith(there.EndpointsFile, Assert.Throws<InputException>(() => there.Endpoints(Read(""))).Message);
    }

    private static Study Read(string endpoints, string seeds = "[0, 1, 2]")
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), Text(endpoints, seeds));
        return StudyFile.Read(folder.File("study.json"));
    }

    private static string Text(string endpoints, string seeds = "[0, 1, 2]") => $$"""
        {
          "settings": { "dataset": "glyphs", "model": "tiny-cnn" },
          "methods": [ { "name": "ARoW", "objective": "arow", "lambda": [1, 3] }, { "name": "PGD-AT", "objective": "pgd-at" }, { "name": "TRADES-LS", "objective": "trades-ls" } ],
          "seeds": {{seeds}},
          "evaluations": [
            { "name": "weak", "attacks": "fgsm" }, { "name": "strong", "attacks": ["pgd10"], "images": 50 }, { "name": "plain", "attacks": "clean" },
            { "name": "once", "attacks": "fgsm", "seeds": [0] }, { "name": "chosen", "attacks": "fgsm", "of": "chosen" }
          ],
          {{endpoints}}
        }
        """;
}
