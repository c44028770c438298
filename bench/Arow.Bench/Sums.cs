using Arow.Distributed;
using Arow.Models;

namespace Arow.Bench;

/// <summary>
/// What the sum of the gradients over processes costs, beside the step that it is a part of; and a model of more processes with what it
/// assumes, held against what was measured. Each process has one thread: <c>mpirun -n 2 Arow.Bench --sums</c>. In processor time too, which
/// other work on the machine touches less.
/// </summary>
internal static class Sums
{
    public const string Option = "--sums";

    private const int Repeats = 7;

    /// <summary>Bytes that a process sends and receives for each parameter: its gradient to whoever adds it up, and the sum to the others.</summary>
    private const int BytesAParameter = 2 * sizeof(float);

    /// <summary>The images of a step are few, so that it takes seconds; the time of a step grows with them in proportion.</summary>
    private static readonly Job[] Jobs =
    [
        new("small-cnn", new InputShape(1, 28, 28), 32), new("resnet18-w16", new InputShape(3, 32, 32), 16), new("resnet18", new InputShape(3, 32, 32), 4),
        new("wrn-28-10", new InputShape(3, 32, 32), 1),
    ];

    public static int Run()
    {
        if (Launcher.Find() is not { } launcher)
        {
            Console.Error.WriteLine("to be started by mpirun -n 2");
            return 2;
        }
        set_num_threads(1);
        var group = ProcessGroup.Join(launcher, sentence => throw new InvalidOperationException(sentence));
        List<Row> rows = [.. Jobs.Select(job => Measure(job, group))];
        group.Leave();
        if (group.IsFirst) Report(rows, group.Size);
        return 0;
    }

    private static Row Measure(Job job, ProcessGroup group)
    {
        using var network = job.CreateNetwork();
        var parameters = network.Parameters.Select(p => p.Value).ToList();
        var count = parameters.Sum(p => p.numel());
        Reading step;
        using (var ours = new Ours(network, job))
        {
            var (x, y) = job.Images();
            using (x)
            using (y)
            {
                ours.Take(x, y, attackSteps: 1);
                step = Reading.MedianOf(job.Batch > 1 ? 3 : 1, () => ours.Take(x, y));
            }
        }
        foreach (var parameter in parameters) parameter.grad = torch.ones_like(parameter).detach();
        group.SumGradients(parameters);
        var sum = Reading.MedianOf(Repeats, () => group.SumGradients(parameters));
        foreach (var parameter in parameters) parameter.grad = null;
        return new(job, count, step / job.Batch, sum);
    }

    private static void Report(IReadOnlyList<Row> rows, int processes)
    {
        Console.WriteLine($"## The sum of {processes} processes on one machine, beside a step");
        Console.WriteLine();
        Console.WriteLine("ARoW with PGD-10; one thread a process. Medians, in seconds of processor time of a process (in brackets: of the clock, "
            + "which has the waiting for the other process and for the core in it).");
        Console.WriteLine();
        Console.WriteLine("| network | parameters | an image's part of a step | the sum | its share of a step of 16 images a process | of 64 |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var row in rows)
        {
            Console.WriteLine($"| {row.Job.Architecture} | {row.Parameters / 1e6:0.00} M | {row.Image.Processor:0.0000} ({row.Image.Elapsed:0.0000}) "
                + $"| {row.Sum.Processor:0.0000} ({row.Sum.Elapsed:0.0000}) | {row.Share(16):p2} | {row.Share(64):p2} |");
        }
        var slope = rows[^2].Sum.Processor / rows[^2].Parameters;
        Console.WriteLine();
        Console.WriteLine($"Held against itself: the sum should take time in proportion to the parameters. By {rows[^2].Job.Architecture}'s, "
            + $"{slope * 1e9:0.0} ns a parameter, {rows[^1].Job.Architecture}'s should be {slope * rows[^1].Parameters:0.000} s; it is "
            + $"{rows[^1].Sum.Processor:0.000} s, {rows[^1].Sum.Processor / (slope * rows[^1].Parameters):0.00} of it.");
        Console.WriteLine();
        Console.WriteLine("## A model of more machines: efficiency, the speed-up by the number of processes");
        Console.WriteLine();
        Console.WriteLine("A step of 128 images in all takes 128/R images' parts, the sum as measured here in processor time, and the bytes "
            + $"through the network: {BytesAParameter} (R - 1)/R a parameter each way. Assumed: every process has a core of its own as fast as this one, "
            + "an image takes the same time in any batch, nothing else is done in turn, the sum and the step do not overlap, the network gives each process "
            + "its bandwidth at the same time, and no process is slower than another. None of this was measured on a cluster.");
        Console.WriteLine();
        (string Name, double Bytes)[] networks = [("1 Gbit/s", 1e9 / 8), ("10 Gbit/s", 10e9 / 8), ("100 Gbit/s", 100e9 / 8)];
        int[] counts = [2, 8, 32];
        Console.WriteLine($"| network | {string.Join(" | ", networks.SelectMany(n => counts.Select(r => $"R = {r}, {n.Name}")))} |");
        Console.WriteLine($"|---|{string.Concat(networks.SelectMany(_ => counts.Select(_ => "---|")))}");
        foreach (var row in rows)
            Console.WriteLine($"| {row.Job.Architecture} | {string.Join(" | ", networks.SelectMany(n => counts.Select(r => $"{row.Efficiency(r, n.Bytes):p0}")))} |");
    }

    /// <param name="Job">What was timed.</param>
    /// <param name="Parameters">Their number.</param>
    /// <param name="Image">An image's part of a step.</param>
    /// <param name="Sum">The sum of all gradients.</param>
    private sealed record Row(Job Job, long Parameters, Reading Image, Reading Sum)
    {
        private const int BatchOfAll = 128;

        public double Share(int images) => Sum.Processor / (Sum.Processor + images * Image.Processor);

        public double Efficiency(int processes, double bytesASecond)
        {
            var alone = BatchOfAll * Image.Processor;
            var exchange = (double)BytesAParameter * Parameters * (processes - 1) / processes / bytesASecond;
            return alone / processes / (alone / processes + Sum.Processor + exchange);
        }
    }
}
