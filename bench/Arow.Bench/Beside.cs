namespace Arow.Bench;

/// <summary>
/// What a step takes beside another program with as many threads, which is the same step in a process of its own: twice
/// as long as alone, if nothing is lost.
/// </summary>
internal static class Beside
{
    public const string Option = "--beside";

    private const int Rounds = 5;
    private const int Steps = 4;

    private static readonly IReadOnlyList<(string Name, string Step)> Ways =
    [
        ("Arow", nameof(Ours)),
        ("its gradients of weights by all threads together", Apart.Whole),
        ("plain transcription", nameof(Published)),
    ];

    /// <summary>The small network, of which a step is short enough to take many.</summary>
    public static void Report()
    {
        var job = Job.Main[0];
        Console.WriteLine(Machine.Description);
        Console.WriteLine();
        Console.WriteLine("| step | alone, ms | beside itself, ms | times as long |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var (name, step) in Ways)
        {
            using var one = new Apart(job, step);
            using var other = new Apart(job, step);
            one.Take();
            other.Take();
            List<(double Alone, double Together)> rounds = [.. Enumerable.Range(0, Rounds).Select(_ => (Take(one), Together(one, other)))];
            List<double> ratios = [.. rounds.Select(r => r.Together / r.Alone).Order()];
            Console.WriteLine($"| {name} | {Median(rounds.Select(r => r.Alone)):0} | {Median(rounds.Select(r => r.Together)):0} | "
                + $"{Median(ratios):0.0} ({ratios[0]:0.0} to {ratios[^1]:0.0}, n {Rounds}) |");
        }
    }

    /// <summary>Milliseconds of a step.</summary>
    private static double Take(Apart one) => Enumerable.Range(0, Steps).Average(_ => one.Take().Elapsed) * 1000;

    private static double Together(params Apart[] all) => all.AsParallel().WithDegreeOfParallelism(all.Length).Select(Take).ToList().Average();

    private static double Median(IEnumerable<double> numbers) => numbers.Order().ElementAt(Rounds / 2);
}
