using Arow.Attacks;
using Arow.Data;
using Arow.Evaluation;
using Arow.Studies;

namespace Arow.Tests.Unit.Studies;

/// <summary>That a study measures its runs as its file says, evaluation by evaluation.</summary>
public sealed class StudyWorkTests
{
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
        there.Begin(folder.File("study.json"), study);
        Assert.Empty(new StudyWork(study, there).Run().Failed);

        (string Name, int Images, long Seed, int BatchSize, Norm Norm, string Epsilon, AttackBudget Budget, int[] Seeds)[] asked =
        [
            ("plain", 20, 0, 250, Norm.Linf, "4/255", AttackBudget.Own, [0, 1]),
            ("all of it", 12, 5, 7, Norm.L2, "0.7", new AttackBudget(Steps: 3, Restarts: 2, Queries: 20), [0, 1]),
            ("targets", 8, 0, 250, Norm.Linf, "4/255", new AttackBudget(Steps: 4, Targets: 2), [1]),
            ("chosen", 5, 0, 250, Norm.Linf, "4/255", AttackBudget.Own, [0]),
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
                new EvaluationRun(there.Run(trained).Weights, null, evaluation.Attacks, wanted.Norm, Ratio.Parse(wanted.Epsilon)!.Value, wanted.BatchSize, wanted.Seed) { Budget = wanted.Budget }
                    .Execute(images, alone);
                var (summary, rows) = there.Evaluation(trained, evaluation).Read();
                Assert.Equal(File.ReadAllText(alone.Rows), File.ReadAllText(there.Evaluation(trained, evaluation).Rows));
                Assert.Equal((wanted.Images, wanted.Seed, wanted.BatchSize, wanted.Epsilon), (rows.Count, summary.Subject.Seed, summary.Subject.BatchSize, summary.Subject.Epsilon));
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
        string[] Chosen() => [.. new StudyWork(study, there).Pending().Where(t => t.Evaluation is { OfChosen: true } && t.Run.Cell.Method == "a").Select(t => t.Run.Name).Order()];
        StudyRun Run(string name) => study.Runs.Single(r => r.Name == name);
        string[] all = ["a-lambda1-seed0", "a-lambda1-seed1", "a-lambda3-seed0", "a-lambda3-seed1"];

        foreach (var run in study.Runs) Directory.CreateDirectory(there.Run(run).Path);
        foreach (var (name, robust) in all.Zip((double[])[0.6, 0.4, 0.5])) there.KeepSelected(Run(name), new Selected(1, 1, 0.8, robust));
        // By the first seed, which has both, it would be 1.
        Assert.Equal(all, Chosen());

        // Nor is anything measured as chosen: of what is left to do others have the trainings, and all is measured that is to be.
        foreach (var run in study.Runs)
        {
            Directory.CreateDirectory(there.Evaluation(run, study.Headline).Path);
            File.WriteAllText(there.Evaluation(run, study.Headline).Summary, "{}");
        }
        using (there.Take(Run("a-lambda3-seed1")))
        using (there.Take(Run("b-seed0")))
        using (there.Take(Run("b-seed1")))
        {
            using var stop = new CancellationTokenSource();
            var begun = new List<string>();
            var work = new StudyWork(study, there) { Began = (task, _, _) => { begun.Add(task.Title); stop.Cancel(); }, Warned = _ => stop.Cancel() };
            Assert.ThrowsAny<Exception>(() => work.Run(stop.Token));
            Assert.Empty(begun);
        }

        there.KeepSelected(Run("a-lambda3-seed1"), new Selected(1, 1, 0.8, 0.9));
        Assert.Equal(["a-lambda3-seed0", "a-lambda3-seed1"], Chosen());
        // What came to nothing is not waited for, nor chosen.
        File.Delete(Path.Combine(there.Run(Run("a-lambda3-seed1")).Path, "selected.json"));
        there.KeepFailure(Run("a-lambda3-seed1"), "diverged");
        Assert.Equal(["a-lambda1-seed0", "a-lambda1-seed1"], Chosen());
    }
}
