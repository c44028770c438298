namespace Arow.Bench;

/// <summary>Training steps of the main jobs beside the plain transcription, and beside Arow's own with a means left out.</summary>
internal static class Benchmark
{
    private static readonly IReadOnlyList<(string Name, Means Means)> Without =
    [
        ("nothing; the step written once more", Means.None),
        ("clean pass once", Means.CleanOnce),
        ("no gradients of weights while attacking", Means.ImagesOnly),
        ("channels last", Means.ChannelsLast),
        ("batch norm folded", Means.Folded),
        ("images in two parts", Means.TwoParts),
        ("in place, maxima first", Means.InPlace),
        ("one call for all weights", Means.OneCall),
        ("bfloat16, but all the rest", Means.Half | Means.TwoParts),
    ];

    /// <summary>Ratios only.</summary>
    public static void Quick()
    {
        Console.WriteLine(Machine.Description);
        var peak = Peak.Measure(ScalarType.BFloat16, 10);
        foreach (var job in Job.Main)
        {
            using var contest = new Contest(job);
            var pairs = Pairs.Time(contest.Ours, [contest.Published()], TimeSpan.FromSeconds(15))[0];
            Console.WriteLine();
            Console.WriteLine($"ARoW, PGD-10 on KL: {job}");
            Console.WriteLine($"  against the plain transcription  {pairs.Elapsed}; in processor time {pairs.Processor}");
            Console.WriteLine($"  share of the bfloat16 rate       {Share(job, pairs, peak)}");
        }
    }

    /// <summary>All there is to say, in Markdown.</summary>
    public static void Full()
    {
        Console.WriteLine(Machine.Description);
        var (single, half) = (Peak.Measure(ScalarType.Float32, 20), Peak.Measure(ScalarType.BFloat16, 40));
        Console.WriteLine($"Products of 2048x2048 matrices: {single.Elapsed / 1e9:0} GFLOP/s in float32, {half.Elapsed / 1e9:0} in bfloat16.");
        // A round of the small network takes seconds, one of the large most of a minute.
        foreach (var (job, seconds) in Job.Main.Zip([70, 100])) Compare(job, half, TimeSpan.FromSeconds(seconds));
    }

    private static void Compare(Job job, Peak peak, TimeSpan budget)
    {
        using var contest = new Contest(job);
        List<(string Name, Func<Reading> Step)> others =
        [
            ("plain transcription", contest.Published()),
            ("without bfloat16: `--precision exact`", contest.Exact()),
            ("without large blocks kept", contest.Released()),
        ];
        if (Machine.HasBFloat16) others.AddRange(Without.Where(w => Matters(w.Means, job)).Select(w => ($"without {w.Name}", contest.Written(Means.All & ~w.Means))));
        var pairs = Pairs.Time(contest.Ours, [.. others.Select(o => o.Step)], budget);

        Console.WriteLine();
        Console.WriteLine($"## {job}");
        Console.WriteLine();
        Console.WriteLine("| step | images a second | time by Arow's | in processor time |");
        Console.WriteLine("|---|---|---|---|");
        Console.WriteLine($"| Arow | {job.Batch / pairs.Min(p => p.Elapsed.Ours):0.0} | 1 | 1 |");
        foreach (var ((name, _), p) in others.Zip(pairs))
            Console.WriteLine($"| {name} | {job.Batch / p.Elapsed.Other:0.0} | {p.Elapsed} | {p.Processor} |");

        var loading = Loading.Measure(job);
        Console.WriteLine();
        Console.WriteLine($"- of the machine's bfloat16 product rate: {Share(job, pairs[0], peak)}");
        Console.WriteLine($"- peak resident memory: {Apart.Memory(job, nameof(Ours)):0} MB, of the plain transcription {Apart.Memory(job, nameof(Published)):0}, "
            + $"of a process that has loaded the network and the images {Apart.Memory(job, Apart.Nothing):0}");
        Console.WriteLine($"- images drawn, shifted and mirrored: {1000 * loading.Elapsed:0.0} ms a batch, {loading.Elapsed / pairs[0].Elapsed.Ours:0.0%} of a step");
    }

    /// <summary>The small network has no batch norm.</summary>
    private static bool Matters(Means means, Job job) => means != Means.Folded || job.HasBatchNorm;

    private static string Share(Job job, Pairs pairs, Peak peak) =>
        $"{job.Operations() / pairs.Elapsed.Ours / peak.Elapsed:0%}; in processor time {job.Operations() / pairs.Processor.Ours / peak.Processor:0%}";
}
