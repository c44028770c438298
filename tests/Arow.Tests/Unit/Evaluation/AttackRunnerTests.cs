using static Arow.Tests.Unit.Evaluation.Brightness;

namespace Arow.Tests.Unit.Evaluation;

public sealed class AttackRunnerTests
{
    private static readonly ThreatModel Threat = new(Norm.Linf, 0.2);

    [Fact]
    public void The_parts_of_an_ensemble_follow_each_other_on_what_is_left()
    {
        using var images = Bright(140, 153, 200, 230, 231);
        var (first, second) = (Darken("first", 0.08), Darken("second", 0.15));
        var seen = new List<(int[] Positions, int Finished)>();
        foreach (var batch in new AttackRunner(Classify, images, 2, seed: 0).Attack(new AutoAttack(Threat, [first, second]), [0, 1, 2, 3]))
            seen.Add(([.. batch.Originals.Positions], batch.Finished));
        // 140 falls to the first part, which takes it off the second's list.
        Assert.Equal([[0, 1], [2, 3], [1, 2], [3]], seen.Select(s => s.Positions));
        Assert.Equal([3, 2, 2, 1], seen.Select(s => s.Finished));
        Assert.Equal([153, 200, 230], second.Seen);
    }

    [Fact]
    public void The_weaker_of_two_images_that_both_stand_is_not_the_strongest()
    {
        using var images = Bright(230);
        var ensemble = new AutoAttack(Threat, [Darken("weak", 0.05), Darken("strong", 0.1), Darken("idle", 0)]);
        Assert.Equal([true, true, false],
            new AttackRunner(Classify, images, 2, seed: 0).Attack(ensemble, [0]).Select(b => b.IsStrongest[0]).ToList());
    }

    [Fact]
    public void Predictions_are_led_away_from_the_labels_that_are_given()
    {
        using var images = Bright(140, 51);
        using var scope = NewDisposeScope();
        var runner = new AttackRunner(Classify, images, 2, seed: 0);
        var batch = runner.Attack(Darken("idle", 0), runner.Load([1, 0], labels: [0, 1]), TestContext.Current.CancellationToken);
        Assert.Equal([1, 0], batch.Predicted);
        Assert.Equal([1, 0], batch.Label);
        Assert.Equal([1, 0], batch.RobustPositions);
    }

    [Fact]
    public void Nothing_is_left_behind_by_whoever_does_not_go_on_to_the_end()
    {
        using var scope = NewDisposeScope();
        using var images = Bright(140, 153, 200, 230, 231);
        LiveTensors.AssertNoneLeft(() =>
        {
            var runner = new AttackRunner(Classify, images, 2, seed: 0) { FastClassifier = x => Classify(x - 0.06) };
            Assert.Equal([0, 1], runner.Attack(Pgd.Standard(Threat, 2), [0, 1, 2]).First().Originals.Positions);
        });
    }

    /// <summary>Whatever attacks a set otherwise would find other images than an evaluation.</summary>
    [Fact]
    public void Analyses_and_reports_attack_sets_through_it_alone()
    {
        foreach (var folder in (string[])["Analysis", "Reports", "Studies"])
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src/Arow", folder), "*.cs", SearchOption.AllDirectories))
                Assert.False(File.ReadAllText(file).Contains(".Perturb(", StringComparison.Ordinal), $"{file} attacks images by itself");
        }
    }
}
