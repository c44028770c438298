using Arow.Options;

namespace Arow.Bench;

/// <summary>Training steps of the main jobs beside the plain transcription, and beside Arow's own with a means left out.</summary>
internal static class Benchmark
{
    private static readonly IReadOnlyList<(string Name, Means Means)> Without =
    [
        ("the same, written once more in the benchmark", Means.None),
        ("clean pass at every step of the attack", Means.CleanOnce),
        ("gradients of weights while attacking", Means.ImagesOnly),
        ("channels first", Means.ChannelsLast),
        ("batch norm by itself", Means.Folded),
        ("images in one part, which errs more", Means.TwoParts),
        ("first layer of grey images by oneDNN", Means.Grey),
        ("ReLU and maxima by libtorch", Means.Windows),
        ("loops of our own on .NET's threads", Means.SameThreads),
        ("gradients of weights by all threads together", Means.Parts),
        ("nothing in place, ReLU before maxima", Means.InPlace | Means.Windows),
        ("torch's own optimizer", Means.OneCall),
        ("float32, all the rest as it is", Means.Half | Means.TwoParts),
    ];

    /// <summary>Ratios only.</summary>
    public static void Quick()
    {
        Console.WriteLine(Machine.Description);
        var peak = Peak.Measure(Machine.Products);
        foreach (var job in Job.Main)
        {
            using var contest = new Contest(job);
            var pairs = Pairs.Time(contest.Ours, [contest.Published()], TimeSpan.FromSeconds(15))[0];
            Console.WriteLine();
            Console.WriteLine($"ARoW, PGD-10 on KL: {job}");
            Console.WriteLine($"  against the plain transcription  {pairs.Elapsed}; in processor time {pairs.Processor}");
            Console.WriteLine($"  share of the {Name(Machine.Products)} rate {Share(job, pairs, peak)}");
        }
    }

    /// <summary>All there is to say, in Markdown.</summary>
    public static void Full()
    {
        Console.WriteLine(Machine.Description);
        var single = Peak.Measure(ScalarType.Float32);
        var best = Machine.HasBFloat16 ? Peak.Measure(ScalarType.BFloat16) : single;
        Console.WriteLine($"Products of 2048x2048 matrices: {single.Elapsed / 1e9:0} GFLOP/s in "
            + $"float32{(Machine.HasBFloat16 ? $", {best.Elapsed / 1e9:0} in bfloat16" : "")}.");
        // A round of the small network takes some seconds, one of the large one to three minutes.
        foreach (var (job, seconds) in Job.Main.Zip([45, 120])) Compare(job, best, TimeSpan.FromSeconds(seconds));
    }

    private static void Compare(Job job, Peak peak, TimeSpan budget)
    {
        using var contest = new Contest(job);
        List<(string Name, Timed Step)> others =
        [
            ("plain transcription", contest.Published()),
            ("`--precision exact`", contest.Exact()),
            ("large blocks given back", contest.Released()),
        ];
        others.AddRange(Without.Where(w => Matters(w.Means, job)).Select(w => (w.Name, contest.Written(Machine.Means & ~w.Means))));
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
        Console.WriteLine($"- of the machine's {Name(Machine.Products)} product rate: {Share(job, pairs[0], peak)}");
        Console.WriteLine($"- peak resident memory: {Apart.Memory(job, nameof(Ours)):0} MB, of the plain transcription {Apart.Memory(job, nameof(Published)):0}, "
            + $"of a process that has loaded the network and the images {Apart.Memory(job, Apart.Nothing):0}");
        Console.WriteLine($"- images drawn, shifted and mirrored: {1000 * loading.Elapsed:0.0} ms a batch, "
            + $"{loading.Elapsed / pairs[0].Elapsed.Ours:0.0%} of a step");
    }

    /// <summary>Not every processor has bfloat16, the small network has no batch norm, and the large one neither grey images nor maxima.</summary>
    private static bool Matters(Means means, Job job)
    {
        var used = Machine.Means;
        if (!job.HasBatchNorm) used &= ~Means.Folded;
        if (job.Input.Channels > 1) used &= ~(Means.Grey | Means.Windows | Means.SameThreads);
        return means == Means.None || (means & used) != 0;
    }

    private static string Name(ScalarType type) => EnumName.ToName(type);

    private static string Share(Job job, Pairs pairs, Peak peak) =>
        $"{job.Operations() / pairs.Elapsed.Ours / peak.Elapsed:0%}; in processor time {job.Operations() / pairs.Processor.Ours / peak.Processor:0%}";
}
