namespace Arow.Tests.Unit.Studies;

public sealed class TrainingSettingsTests
{
    [Fact]
    public void The_highest_mean_on_validation_is_chosen_over_the_seeds_that_have_all()
    {
        var runs = Runs([1, 3, 6], [0, 1]);
        // Seed 1 has not all: its 0.9 does not count.
        var choice = ChosenSetting.Choose(runs, r => (r.Lambda, r.Seed) switch
        {
            (1, 0) => Of(0.5),
            (3, 0) => Of(0.6),
            (6, 0) => Of(0.55),
            (6, 1) => Of(0.9),
            _ => null,
        }, _ => false);
        Assert.Equal(("lambda 3", 3, 1), (choice.Cell!.Setting, choice.CandidateCount, choice.Seeds));
        Assert.Empty(choice.AxesAtEdge);
    }

    /// <summary>By the mean over the seeds: 0.5 and 0.5 are more than 0.3 and 0.6.</summary>
    [Fact]
    public void A_single_high_number_does_not_choose() => Assert.Equal("lambda 3", ChosenSetting.Choose(
        Runs([1, 3], [0, 1]), r => Of((r.Lambda, r.Seed) switch { (1, 0) => 0.3, (1, _) => 0.6, _ => 0.5 }), _ => false).Cell!.Setting);

    [Fact]
    public void Of_equals_the_first_and_at_the_edge_it_is_said()
    {
        var choice = ChosenSetting.Choose(Runs([1, 3, 6], [0]), _ => Of(0.5), _ => false);
        Assert.Equal("lambda 1", choice.Cell!.Setting);
        Assert.Equal(["lambda"], choice.AxesAtEdge);
    }

    [Fact]
    public void The_edge_is_that_of_all_grids_also_where_one_leaves_a_setting_alone()
    {
        // λ 1, 3, 6 at the usual rate, and 3 at two other rates.
        StudyRun Run(int lambda, string? rate) => new($"{lambda}-{rate}", new StudyCell("d", "m", $"{lambda} {rate}"),
            [("lambda", $"{lambda}"), .. rate is null ? ((string, string)[])[] : [("lr", rate)]],
            new TrainingOptions { Objective = "trades", Lambda = lambda });
        List<StudyRun> runs = [Run(1, null), Run(3, null), Run(6, null), Run(3, "0.1"), Run(3, "0.2")];
        Assert.Equal([], ChosenSetting.Choose(runs, r => Of(r.Name == "3-" ? 0.9 : 0.5), _ => false).AxesAtEdge);
        Assert.Equal(["lr"], ChosenSetting.Choose(runs, r => Of(r.Name == "3-0.2" ? 0.9 : 0.5), _ => false).AxesAtEdge);
        Assert.Equal(["lambda"], ChosenSetting.Choose(runs, r => Of(r.Name == "6-" ? 0.9 : 0.5), _ => false).AxesAtEdge);
    }

    [Fact]
    public void Nothing_is_chosen_before_anything_is_known_and_what_failed_is_not_chosen()
    {
        var runs = Runs([1, 3], [0, 1]);
        Assert.Null(ChosenSetting.Choose(runs, r => r.Lambda == 1 ? Of(0.5) : null, _ => false).Cell);
        var choice = ChosenSetting.Choose(runs, r => r.Lambda == 1 || r.Seed == 0 ? Of(r.Lambda!.Value) : null, r => r.Lambda == 3 && r.Seed == 1);
        Assert.Equal(("lambda 1", 2), (choice.Cell!.Setting, choice.Seeds));
        Assert.Null(ChosenSetting.Choose(runs, _ => null, _ => true).Cell);
    }

    [Fact]
    public void A_method_of_one_setting_needs_no_choice() =>
        Assert.Equal((1, 0), (ChosenSetting.Choose(Runs([2], [0]), _ => null, _ => false) is { Cell: not null } c ? (c.CandidateCount, c.Seeds)
            : default));

    private static SelectionRecord Of(double robust) => new(3, 2, 0.8, robust);

    private static List<StudyRun> Runs(int[] lambdas, long[] seeds) =>
    [
        .. from seed in seeds
           from λ in lambdas
           select new StudyRun($"{λ}-{seed}", new StudyCell("d", "m", $"lambda {λ}"), [("lambda", $"{λ}")],
               new TrainingOptions { Dataset = "glyphs", Objective = "trades", Lambda = λ, Seed = seed }),
    ];
}
