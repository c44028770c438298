namespace Arow.Tests.Fuzz;

/// <summary>A few of what <c>bench/Arow.Faults checkpoints</c> and <c>race</c> try by the thousand.</summary>
public sealed class StorageAndOwners
{
    [Fact]
    public void Damage_of_every_kind_is_told_and_the_checkpoint_before_it_used() => Sound(DamagedCheckpoints.Try, "checkpoint", kinds: 7, tries: 8);

    [Fact(Explicit = true)]
    public void Any_file_of_a_run_folder_may_be_hurt() => Sound(DamagedCheckpoints.Try, "run folder", kinds: 13, tries: 2);

    [Theory]
    [InlineData("race: a new evaluation's folder", Explicit = true)]
    [InlineData("race: a shared evaluation's folder")]
    [InlineData("race: a run folder")]
    public void A_folder_has_one_owner(string kind) => Sound(Races.Try, kind, kinds: 1, tries: 40);

    private static void Sound(Func<Effort, IEnumerable<Tally>> work, string kind, int kinds, int tries)
    {
        using var kept = new TemporaryFolder();
        var tallies = work(new Effort(Seed: 1, tries, Minutes: null, First: 0, [kind], kept.Path)).ToList();
        Assert.Equal(kinds, tallies.Count);
        Assert.All(tallies, tally => Assert.InRange(tally.Tries, 1, tries));
        Assert.Empty(tallies.SelectMany(tally => tally.Faults));
    }
}
