namespace Arow.Tests.Unit.Studies;

/// <summary>That a study measures its runs as its file says, evaluation by evaluation.</summary>
public sealed class StudyRunnerTests
{
    private const string Kept = """
        {
          "settings": { "dataset": "glyphs", "model": "tiny-cnn", "limit-train": 60, "validation": 20, "epochs": 2, "batch-size": 20, "lr": 0.05, "attack-steps": 1, "threads": 1, "epsilon": "4/255", "keep": "last,best", "ema-decay": 0.5 },
          "methods": [ { "name": "own", "objective": "pgd-at" }, { "name": "other", "objective": "trades" } ],
          "seeds": [0, 1],
          "evaluations": [
            { "name": "fgsm", "attacks": ["fgsm"], "images": 12 },
            { "name": "fgsm of the last", "attacks": ["fgsm"], "images": 12, "weights": "last", "training-images": 15 }
          ],
          "reference": "own",
          "primary": { "arm": "own", "against": "other", "evaluation": "fgsm of the last", "weights": "last" }
        }
        """;

    [Fact]
    public void An_evaluation_may_be_of_other_weights_and_of_training_images_too()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), Kept);
        var study = StudyFile.Read(folder.File("study.json"));
        var there = new StudyFolder(folder.File("study"));
        there.Create(folder.File("study.json"), study);
        Assert.Empty(new StudyRunner(study, there).Run().Failed);

        var last = study.Evaluations[1];
        foreach (var run in study.Runs)
        {
            Assert.Equal(EvaluationRun.HashFile(there.Run(run).WeightsFor(KeptWeights.Last)),
                there.Evaluation(run, last).Read().Summary.Subject.WeightsSha256);
            Assert.Equal(EvaluationRun.HashFile(there.Run(run).Weights),
                there.Evaluation(run, study.Evaluations[0]).Read().Summary.Subject.WeightsSha256);
            var rows = there.TrainingEvaluation(run, last).ReadRows();
            using var train = TrainingRun.LoadTraining(run.Options, CPU);
            Assert.Equal(15, rows.Select(r => r.Index).Intersect(train.Indices.data<long>().ToArray()).Count());
        }
        var results = StudyResults.Read(study, there);
        var measured = results.Runs[0].Measured[last.Name];
        Assert.Equal(there.TrainingEvaluation(study.Runs[0], last).ReadRows()
            .Average(r => r.Robust ? 1.0 : 0) - measured.Rows.Average(r => r.Robust ? 1.0 : 0), measured.Gap!.Value, 1e-12);
        Assert.Null(results.Runs[0].Measured["fgsm"].Gap);
        foreach (var table in (StudyTable[])[StudyTables.Methods(results, "glyphs", ""), StudyTables.Settings(results, "glyphs", "")])
        {
            Assert.Contains("gap, fgsm of the last", table.Display.Columns);
            Assert.Contains("gap_fgsm_of_the_last\tgap_fgsm_of_the_last_deviation", table.Tsv);
            Assert.Contains("\tclean_fgsm_of_the_last\t", table.Tsv);
            Assert.DoesNotContain("gap_fgsm\t", table.Tsv);
        }

        // Balanced accuracy stands in the tables where some classes are much commoner than others among the measured images.
        Assert.Equal(BalancedAccuracy.IsNeeded(results.Runs[0].Measured["fgsm"].Summary.Classes.Select(c => c.N)), results.IsUnbalanced("glyphs"));
        Assert.DoesNotContain("balanced", StudyTables.Methods(Counted(results, 2), "glyphs", "").Tsv);
        var uneven = Counted(results, 1);
        foreach (var table in (StudyTable[])[StudyTables.Methods(uneven, "glyphs", ""), StudyTables.Settings(uneven, "glyphs", "")])
        {
            Assert.Contains("\tbalanced_clean\tbalanced_clean_deviation\t", table.Tsv);
            Assert.Contains("\tbalanced_fgsm\tbalanced_fgsm_deviation\t", table.Tsv);
        }
        Assert.Equal(results.Runs[0].Measured["fgsm"].Summary.BalancedRobustAccuracy!.Value,
            results.BalancedRobust(results.Runs[0].Run.Cell, study.Evaluations[0])!.Mean, 1e-12);

        // Without the training images it is not done.
        Directory.Delete(there.TrainingEvaluation(study.Runs[0], last).Path, recursive: true);
        Assert.Equal(last, Assert.Single(new StudyRunner(study, there).Pending()).Evaluation);

        // Weights of another run in their place are put right before they are measured, and missed where nobody has them.
        var (first, second) = (there.Run(study.Runs[0]), there.Run(study.Runs[1]));
        var right = File.ReadAllBytes(first.WeightsFor(KeptWeights.Last));
        File.Copy(second.WeightsFor(KeptWeights.Last), first.WeightsFor(KeptWeights.Last), overwrite: true);
        Assert.Empty(new StudyRunner(study, there).Run().Failed);
        Assert.Equal(right, File.ReadAllBytes(first.WeightsFor(KeptWeights.Last)));
        File.Copy(second.Weights, first.Weights, overwrite: true);
        Directory.Delete(first.Checkpoints.Path, recursive: true);
        Directory.Delete(there.Evaluation(study.Runs[0], study.Evaluations[0]).Path, recursive: true);
        Assert.StartsWith($"{first.Weights}: differs from the run's training",
            Assert.Throws<InputException>(() => new StudyRunner(study, there).Run()).Message);
    }

    /// <summary>The same with other numbers of images in the classes: two in the first, in the others as many as are said.</summary>
    private static StudyResults Counted(StudyResults results, int others) => results with
    {
        Runs = [.. results.Runs.Select(run => run with
        {
            Measured = run.Measured.ToDictionary(m => m.Key, m => m.Value with
            {
                Summary = m.Value.Summary with { Classes = [.. m.Value.Summary.Classes.Select((c, i) => c with { N = i == 0 ? 2 : others })] },
            }),
        })],
    };

    [Theory]
    [InlineData("\"weights\": \"last\", \"training", "\"weights\": \"average\", \"training", "weights average: runs of own, other do not keep them")]
    [InlineData("\"weights\": \"last\", \"training", "\"weights\": \"first\", \"training", "weights 'first' is unknown; known are last best average")]
    [InlineData("\"training-images\": 15", "\"training-images\": 0", "training-images")]
    [InlineData("\"weights\": \"last\" }", "\"weights\": \"best\" }", "weights best: evaluation fgsm of the last uses the last weights")]
    public void Weights_that_runs_do_not_keep_are_refused(string said, string instead, string says)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(said, Kept);
        File.WriteAllText(folder.File("study.json"), Kept.Replace(said, instead, StringComparison.Ordinal));
        Assert.Contains(says, Assert.Throws<InputException>(() => StudyFile.Read(folder.File("study.json"))).Message);
    }

    /// <summary>A study that was begun when there was no choice would go on with another network in half of its runs.</summary>
    [Fact]
    public void Runs_of_both_kinds_of_dropout_are_not_mixed_in_silence()
    {
        using var folder = new TemporaryFolder();
        const string Asked = """{ "settings": { "dataset": "glyphs", "model": "small-cnn" }, "methods": [ { "objective": "trades" } ], "seeds": [0, 1] }""";
        File.WriteAllText(folder.File("study.json"), Asked);
        var study = StudyFile.Read(folder.File("study.json"));
        var there = new StudyFolder(folder.File("study"));
        there.Create(folder.File("study.json"), study);
        var begun = there.Run(study.Runs[0]);
        begun.Create(study.Runs[0].Options with { DropoutMask = DropoutMask.Independent }, []);
        var older = string.Join('\n', File.ReadLines(begun.RunFile).Where(line => !line.Contains("dropout-mask", StringComparison.Ordinal)));
        File.WriteAllText(begun.RunFile, older);

        Assert.Contains("1 of its runs were started with dropout-mask independent", Assert.Single(there.Validate(study)));
        Assert.Empty(there.Validate(study, writes: false));
        var file = folder.File("file");
        File.WriteAllText(file, "");
        Assert.Contains("is a file", Assert.Single(new StudyFolder(Path.Combine(file, "below")).Validate(study, writes: false)));
        File.WriteAllText(folder.File("study.json"),
            Asked.Replace("\"small-cnn\"", "\"small-cnn\", \"dropout-mask\": \"independent\"", StringComparison.Ordinal));
        Assert.Empty(there.Validate(StudyFile.Read(folder.File("study.json"))));
        // Nothing is left to be begun.
        there.Run(study.Runs[1]).Create(study.Runs[1].Options, []);
        Assert.Empty(there.Validate(study));
    }

    [Fact]
    public void Each_evaluation_is_the_one_that_the_file_asks_for()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), """
            {
              "settings": { "dataset": "glyphs", "model": "tiny-cnn", "limit-train": 60, "validation": 20, "epochs": 1, "batch-size": 20, "lr": 0.05, "attack-steps": 1, "threads": 1, "epsilon": "4/255" },
              "methods": [ { "name": "own", "objective": "pgd-at", "epsilon": "1/255" } ],
              "seeds": [0, 1],
              "evaluations": [
                { "name": "plain", "attacks": ["pgd10"], "images": 20 },
                { "name": "all of it", "attacks": ["pgd10", "square"], "images": 12, "seed": 5, "batch-size": 7, "norm": "l2", "epsilon": 0.7, "steps": 3, "restarts": 2, "queries": 20 },
                { "name": "targets", "attacks": ["apgd-t"], "images": 8, "steps": 4, "targets": 2, "seeds": [1] },
                { "name": "chosen", "attacks": ["fgsm"], "images": 5, "seeds": [0], "of": "chosen" }
              ]
            }
            """);
        var study = StudyFile.Read(folder.File("study.json"));
        var there = new StudyFolder(folder.File("study"));
        there.Create(folder.File("study.json"), study);
        Assert.Empty(new StudyRunner(study, there).Run().Failed);

        (string Name, int Images, long Seed, int BatchSize, Norm Norm, string Epsilon, AttackBudget Budget, int[] Seeds)[] asked =
        [
            ("plain", 20, 0, 250, Norm.Linf, "4/255", AttackBudget.Default, [0, 1]),
            ("all of it", 12, 5, 7, Norm.L2, "0.7", new AttackBudget(Steps: 3, Restarts: 2, Queries: 20), [0, 1]),
            ("targets", 8, 0, 250, Norm.Linf, "4/255", new AttackBudget(Steps: 4, Targets: 2), [1]),
            ("chosen", 5, 0, 250, Norm.Linf, "4/255", AttackBudget.Default, [0]),
        ];
        foreach (var (evaluation, wanted) in study.Evaluations.Zip(asked))
        {
            foreach (var trained in study.Runs)
            {
                Assert.Equal(wanted.Seeds.Contains((int)trained.Seed), there.IsMeasured(trained, evaluation));
                if (!there.IsMeasured(trained, evaluation)) continue;
                // The same, asked for without a study.
                using var all = new Glyphs().Load(Split.Test, null);
                using var images = all.Limit(wanted.Images, wanted.Seed);
                var alone = new EvaluationFolder(folder.File($"{evaluation.Name}-{trained.Seed}"));
                new EvaluationRun(there.Run(trained).Weights, new()
                {
                    Attacks = evaluation.Attacks, Threat = new(wanted.Norm, Ratio.Parse(wanted.Epsilon)!.Value), BatchSize = wanted.BatchSize,
                    Seed = wanted.Seed, Budget = wanted.Budget,
                }).Execute(images, alone);
                var (summary, rows) = there.Evaluation(trained, evaluation).Read();
                Assert.Equal(File.ReadAllText(alone.Rows), File.ReadAllText(there.Evaluation(trained, evaluation).Rows));
                Assert.Equal((wanted.Images, wanted.Seed, wanted.BatchSize, wanted.Epsilon),
                    (rows.Count, summary.Subject.Seed, summary.Subject.BatchSize, summary.Subject.Epsilon));
            }
        }
        // What chose the weights is kept, the robust accuracy with it.
        foreach (var trained in study.Runs)
        {
            var best = there.Run(trained).ReadLog().Last(e => e.Selected);
            Assert.Equal((best.SelectionClean, best.SelectionRobust), (there.Selected(trained)!.Clean, there.Selected(trained)!.Robust));
            Assert.NotNull(best.SelectionRobust);
        }
    }

    /// <summary>What another seed brings may yet turn a choice; another method has nothing to do with it.</summary>
    [Fact]
    public void Nothing_is_chosen_while_a_run_of_the_method_is_still_to_be_trained()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("study.json"), """
            {
              "settings": { "dataset": "glyphs", "model": "tiny-cnn" },
              "methods": [ { "name": "a", "objective": "trades", "lambda": [1, 3] }, { "name": "b", "objective": "standard" } ],
              "seeds": [0, 1],
              "evaluations": [ { "name": "all", "attacks": "clean" }, { "name": "chosen", "attacks": "fgsm", "of": "chosen" } ]
            }
            """);
        var study = StudyFile.Read(folder.File("study.json"));
        var there = new StudyFolder(folder.File("study"));
        string[] Chosen() => [.. new StudyRunner(study, there).Pending().Where(t => t.Evaluation is { ChosenOnly: true } && t.Run.Cell.Method == "a")
            .Select(t => t.Run.Name).Order()];
        StudyRun Run(string name) => study.Runs.Single(r => r.Name == name);
        string[] all = ["a-lambda1-seed0", "a-lambda1-seed1", "a-lambda3-seed0", "a-lambda3-seed1"];

        foreach (var run in study.Runs) Directory.CreateDirectory(there.Run(run).Path);
        foreach (var (name, robust) in all.Zip((double[])[0.6, 0.4, 0.5])) there.WriteSelected(Run(name), new SelectionRecord(1, 1, 0.8, robust));
        // By the first seed, which has both, it would be 1.
        Assert.Equal(all, Chosen());

        // Nor is anything measured as chosen: of what is left to do others have the trainings, and all is measured that is to be.
        foreach (var run in study.Runs)
        {
            Directory.CreateDirectory(there.Evaluation(run, study.Headline).Path);
            File.WriteAllText(there.Evaluation(run, study.Headline).Summary, "{}");
        }
        using (there.TryLockRun(Run("a-lambda3-seed1")))
        using (there.TryLockRun(Run("b-seed0")))
        using (there.TryLockRun(Run("b-seed1")))
        {
            using var stop = new CancellationTokenSource();
            var begun = new List<string>();
            var work = new StudyRunner(study, there) { Observer = new StopsAtOnce(begun, stop) };
            Assert.ThrowsAny<Exception>(() => work.Run(stop.Token));
            Assert.Empty(begun);
        }

        there.WriteSelected(Run("a-lambda3-seed1"), new SelectionRecord(1, 1, 0.8, 0.9));
        Assert.Equal(["a-lambda3-seed0", "a-lambda3-seed1"], Chosen());
        // What came to nothing is not waited for, nor chosen.
        File.Delete(Path.Combine(there.Run(Run("a-lambda3-seed1")).Path, "selected.json"));
        there.WriteFailure(Run("a-lambda3-seed1"), "diverged");
        Assert.Equal(["a-lambda1-seed0", "a-lambda1-seed1"], Chosen());
    }

    /// <summary>Stops before the first piece is worked on, or waited for.</summary>
    private sealed class StopsAtOnce(List<string> begun, CancellationTokenSource stop) : IStudyObserver
    {
        public void OnJob(StudyJob task, int done, int all)
        {
            begun.Add(task.Title);
            stop.Cancel();
        }

        public void OnWarning(string line) => stop.Cancel();
    }
}
