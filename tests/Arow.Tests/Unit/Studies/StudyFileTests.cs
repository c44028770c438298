namespace Arow.Tests.Unit.Studies;

public sealed class StudyFileTests
{
    private const string Small = """
        // what it is for
        {
          "title": "A study", "reference": "b",
          "settings": { "dataset": "glyphs", "model": "tiny-cnn", "epochs": 2, "validation": 50 },
          "methods": [
            { "name": "a", "objective": "standard" },
            { "name": "b", "objective": "trades", "lambda": [1, "3", 6.0], "smoothing": 0 },
            { "name": "c (LS)", "objective": "arow", "smoothing": [0, 0.2], "epsilon": ["8/255"], "milestones": [1, 2], },
          ],
          "seeds": [3, 1],
          "evaluations": [
            { "attacks": "pgd20", "images": 40 },
            { "name": "Auto Attack", "attacks": ["apgd-ce", "apgd-t"], "steps": 3, "of": "chosen", "seeds": [1], "epsilon": "4/255" }
          ]
        }
        """;

    /// <summary>Axes are numbers of values, of a method and of its grids.</summary>
    [Theory]
    [InlineData(1, "1,000,000,000", 1000, 1000, 1000)]
    [InlineData(300_000, "300,000")]
    [InlineData(70, "7,000", 100)]
    [InlineData(1, "100,000,000,000,000,000,000", 100, 100, 100, 100, 100, 100, 100, 100, 100, 100)]
    public void A_study_of_more_runs_than_anybody_has_is_refused_before_they_are_made(int seeds, string runs, params int[] axes)
    {
        string[] names = ["lambda", "lr", "smoothing", "momentum", "weight-decay", "epochs", "batch-size", "gamma", "awp", "swa-start"];
        var method = string.Concat(axes.Select((n, i) => $", \"{names[i]}\": [{string.Join(',', Enumerable.Range(1, n))}]"));
        var before = GC.GetTotalAllocatedBytes();
        var fault = Assert.Throws<InputException>(() => Read($$"""
            { "settings": { "dataset": "glyphs" }, "methods": [ { "name": "a"{{method}} } ], "seeds": [{{string.Join(',', Enumerable.Range(0, seeds))}}] }
            """)).Message;
        Assert.Contains($"has {runs} runs", fault);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 500_000_000);
    }

    [Fact]
    public void A_grid_is_the_product_of_its_axes_seed_by_seed()
    {
        var study = Read(Small);
        Assert.Equal(
        [
            "a-seed3", "b-lambda1-seed3", "b-lambda3-seed3", "b-lambda6-seed3", "c-ls-smoothing0-epsilon8_255-seed3",
            "c-ls-smoothing0.2-epsilon8_255-seed3",
            "a-seed1", "b-lambda1-seed1", "b-lambda3-seed1", "b-lambda6-seed1", "c-ls-smoothing0-epsilon8_255-seed1",
            "c-ls-smoothing0.2-epsilon8_255-seed1",
        ], study.Runs.Select(r => r.Name));
        Assert.Equal(["lambda 1", "lambda 3", "lambda 6"], study.Cells("glyphs", "b").Select(c => c.Setting));
        Assert.Equal("smoothing 0.2, epsilon 8/255", study.Runs[5].Cell.Setting);

        var run = study.Runs[^1];
        Assert.Equal(("arow", 0.2, "8/255", 2, 1L),
            (run.Options.Objective, run.Options.Smoothing, run.Options.Threat.Size.Text, run.Options.Epochs, run.Options.Seed));
        Assert.Equal([1, 2], run.Options.Milestones);
        Assert.Equal((3.5, 6.0), (run.Lambda!.Value, study.Runs[3].Lambda!.Value));
        Assert.Null(study.Runs[0].Lambda);
        Assert.Equal("b", study.Reference);
    }

    [Fact]
    public void Several_grids_of_a_method_are_tried_one_after_another_and_all_their_settings_are_named()
    {
        var study = Read("""
            {
              "settings": { "dataset": "glyphs", "model": "tiny-cnn", "epochs": 2 },
              "methods": [
                { "name": "a", "objective": "arow", "lambda": 3, "smoothing": [0, 0.2], "grids": [ { "lr": [0.1, 0.2] }, { "lr": 0.1, "lambda": 6, "attack-step-size": "1/255" } ] }
              ],
            }
            """);
        Assert.Equal(
        [
            "a-smoothing0-lr0.1-seed0", "a-smoothing0-lr0.2-seed0", "a-smoothing0-lr0.1-lambda6-attack-step-size1_255-seed0",
            "a-smoothing0.2-lr0.1-seed0", "a-smoothing0.2-lr0.2-seed0", "a-smoothing0.2-lr0.1-lambda6-attack-step-size1_255-seed0",
        ], study.Runs.Select(r => r.Name));
        Assert.Equal("smoothing 0, lr 0.1, lambda 6, attack-step-size 1/255", study.Runs[2].Cell.Setting);
        Assert.Equal([3.0, 3, 6], study.Runs.Take(3).Select(r => r.Lambda));
        Assert.Equal("1/255", study.Runs[2].Options.AttackStepSize!.Value.Text);
    }

    [Fact]
    public void Evaluations_say_what_of_whom()
    {
        var study = Read(Small);
        Assert.Equal("pgd20", study.Headline.Name);
        var (first, second) = (study.Evaluations[0], study.Evaluations[1]);
        Assert.Equal((40, 0L, false), (first.Images!.Value, first.Options.Seed, first.ChosenOnly));
        Assert.True(second is { ChosenOnly: true, Budget.Steps: 3 });
        Assert.True(second.IncludesSeed(1) && !second.IncludesSeed(3) && first.IncludesSeed(3));
        // A method that trains with another ε is measured with the study's.
        Assert.Equal("4/255", second.Threat(study.Common["glyphs"]).Size.Text);
        Assert.Equal("8/255", first.Threat(study.Common["glyphs"]).Size.Text);
        Assert.NotEqual(first.Serialize(study.Common["glyphs"]), second.Serialize(study.Common["glyphs"]));
    }

    [Fact]
    public void Data_sets_are_an_axis_with_settings_of_their_own_and_options_win()
    {
        var study = Read("""
            {
              "settings": { "epochs": 2, "dataset": "glyphs" },
              "datasets": [ { "limit-train": 100, "validation": 10 }, { "name": "in colour", "dataset": "glyphs-colour", "epochs": 3 } ],
              "methods": [ { "objective": "arow" } ]
            }
            """, ("threads", "1"));
        Assert.Equal(["glyphs-arow-seed0", "in-colour-arow-seed0"], study.Runs.Select(r => r.Name).Order());
        Assert.Equal([("glyphs", 2, 1), ("in colour", 3, 1)], study.Runs.Select(r => (r.Cell.Dataset, r.Options.Epochs, r.Options.Threads!.Value)));
        Assert.Equal(["glyphs", "in colour"], study.Common.Keys);
    }

    [Fact]
    public void What_is_left_out_has_a_default()
    {
        var study = Read("""{ "settings": { "dataset": "glyphs" }, "methods": { "objective": ["a"] } }""", fails: true);
        Assert.Null(study);
        study = Read("""{ "settings": { "dataset": "glyphs" }, "methods": [ { "objective": "standard" }, { "objective": "arow" } ] }""");
        Assert.Equal(("study", "arow"), (study!.Title, study.Reference));
        Assert.Equal([0L], study.Seeds);
        Assert.Equal(["pgd20"], study.Evaluations.Single().Attacks);
    }

    [Fact]
    public void Every_fault_of_every_run_is_reported_at_once()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), """
            {
              "titel": "x", "reference": "nobody",
              "settings": { "dataset": "glyhps", "seed": 3, "test-attack": "pgd20", "lamda": 2, "momentum": 1.5, "lambda": [1, 2] },
              "methods": [
                { "name": "a", "objective": "mart", "attack-loss": "kl", "lambda": [1, 1.0] },
                { "name": "b", "objective": "arrow" },
                { "name": "B!", "objective": "arow", "smoothing": [0, "much"], "extra-data": "x", "extra-fraction": 1.5 },
                { "name": "c", "objective": "arow", "lambda": [], "select-on": "test" },
                { "name": "d", "objective": "arow", "lambda": [1, 2], "select-on": "last" },
                { "name": "e", "objective": "arow", "lr": [0.1, 0.2], "grids": [ { "lr": 0.4, "objective": "cow", "lmabda": 2 }, 5 ] },
                7
              ],
              "seeds": [0, 0, "one"],
              "evaluations": [
                { "attacks": ["fgms", "pgd20"], "imges": 3, "of": "some", "seeds": [5] },
                { "name": "cw", "attacks": ["cw"], "queries": 5, "images": 0, "epsilon": 8 },
                { "name": "l2", "attacks": ["pgd20"], "norm": "l2" },
                { "name": "Cw", "attacks": [] }
              ]
            }
            """);
        var (study, problems) = StudyFile.Parse(folder.File("study.json"), []);
        Assert.Null(study);
        Assert.Equal(problems.Count, problems.Distinct().Count());
        foreach (var part in (string[])[
            "'titel' is unknown (did you mean title?); known are title settings", "reference 'nobody' is not a method", "'glyhps' is unknown (did you mean glyphs?); known are glyphs",
            "seed: use the study's 'seeds'", "test-attack: use the study's 'evaluations'", "'lamda' is an unknown option; did you mean lambda?",
            "momentum 1.5",
            "lambda: lists of values are only allowed in methods",
            "method a: attack-loss kl: mart needs ce or margin", "2 runs would have the name a-lambda1", "'arrow' is unknown (did you mean arow?); known are standard",
            "smoothing 'much' is not a number", "extra-fraction 1.5 is not in [0, 1]", "2 methods have the name b", "lambda: the list has no values",
            "method c: select-on test", "method d: select-on last leaves no validation images to select lambda by", "methods 7 is not a JSON object",
            "methods 6: lr is varied here and in 'grids'", "methods 6: grids 1: objective: give each", "'lmabda' is an unknown option",
            "methods 6: grids 2 is not a JSON object",
            "seeds: duplicate 0", "'one' is not an integer", "'fgms' is unknown (did you mean fgsm?); known are fgsm", "'imges' is unknown (did you mean images?); known are attacks",
            "of 'some' is unknown; known are all chosen", "5 is not one of the study's", "not applicable: queries",
            "images 0 is not an integer of at least 1",
            "was 8/255 meant?", "evaluation l2: norm l2 requires an epsilon: 8/255 is for linf", "2 evaluations have the name cw",
            "'attacks' is missing"])
        {
            Assert.Contains(problems, p => p.Contains(part, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("[]", "is not a JSON object")]
    [InlineData("{", "not JSON at line 1")]
    [InlineData("{}", "'methods' is missing")]
    [InlineData("""{ "settings": { "dataset": "glyphs" }, "methods": [ { "lambda": 3 } ] }""", "method 1 has no name")]
    [InlineData("""{ "settings": { "dataset": "glyphs" }, "methods": [ { "name": "?!", "objective": "arow" } ] }""", "needs a letter or digit")]
    [InlineData("""{ "settings": { "dataset": "glyphs" }, "methods": [ { "name": "a", "objective": "arow", "objective": "cow" } ] }""",
        "duplicate key 'objective' (2 times)")]
    [InlineData("""{ "settings": { "dataset": "glyphs" }, "methods": [ { "name": "a", "objective": ["arow", "cow"] } ] }""",
        "give each objective a separate method")]
    [InlineData("""{ "settings": { "dataset": "glyphs" }, "methods": [ { "objective": "arow" } ], "seeds": [] }""", "seeds: the list is empty")]
    [InlineData("""{ "settings": { "dataset": "glyphs" }, "methods": [ { "objective": "arow" } ], "evaluations": [ { "attacks": "pgd20", "of": "chosen" } ] }""", "at least one must cover all settings")]
    public void A_file_that_is_none_is_named(string text, string says)
    {
        var fault = Assert.Throws<InputException>(() => Read(text));
        Assert.Contains("study.json", fault.Message);
        Assert.Contains(says, fault.Message);
    }

    [Fact]
    public void Every_study_of_the_repository_is_one()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "studies"), "*.json");
        Assert.NotEmpty(files);
        foreach (var file in files) Assert.NotEmpty(StudyFile.Read(file).Runs);
    }

    private static Study Read(string text, params (string, string)[] overrides)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("study.json");
        File.WriteAllText(path, text);
        return StudyFile.Read(path, overrides);
    }

    private static Study? Read(string text, bool fails)
    {
        if (!fails) return Read(text);
        Assert.Throws<InputException>(() => Read(text));
        return null;
    }
}
