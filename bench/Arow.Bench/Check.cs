namespace Arow.Bench;

/// <summary>
/// Whether Arow's step still is as fast as it was, asked so that the machine and its other users have no say: in processor
/// time of one thread, in pairs with the same step written once more in this program. Both run the same operations of
/// libtorch on any machine, so their ratio is near one on any; what slows the library down slows only one of them. The ratio
/// to the plain transcription gets worse by as much as theirs does.
/// </summary>
internal static class Check
{
    /// <summary>
    /// Time of Arow's step by the written one's, as measured (docs/performance.md), of which a tenth more is too much; a bit is
    /// left for noise.
    /// </summary>
    private const double Limit = 1.08;

    private const int Tries = 3;

    /// <summary>Pairs of a try: by number and not by time, since a busy machine needs no fewer.</summary>
    private const int Pairs = 9;

    private static readonly IReadOnlyList<Job> Jobs = [Job.Main[0], Job.Main[1] with { Batch = 8 }];

    /// <summary>0 if it is, 1 if not.</summary>
    public static int Run()
    {
        // Threads that wait for each other spend time on waiting, the more of it the less of the machine is theirs.
        set_num_threads(1);
        Console.WriteLine(Machine.Description);
        return Jobs.All(Holds) ? 0 : 1;
    }

    private static bool Holds(Job job)
    {
        using var contest = new Contest(job);
        var written = contest.Written(Machine.Means);
        for (var attempt = 1; attempt <= Tries; attempt++)
        {
            // Another try has more: what disturbs a machine passes.
            var times = Bench.Pairs.Time(contest.Ours, [written], TimeSpan.Zero, least: attempt * Pairs)[0].Processor;
            var slower = 1 / times.Median;
            Console.WriteLine($"{job}: {slower:0.000} of the processor time it should take, at most {Limit} (median of {times.Sorted.Count} pairs)");
            if (slower <= Limit) return true;
        }
        return false;
    }
}
