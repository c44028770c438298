using System.Diagnostics;
using System.Globalization;

namespace Arow.Bench;

/// <summary>
/// A step in a process of its own, taken when it is told to: its memory is nobody else's, and what holds for a whole process
/// can be left out there.
/// </summary>
internal sealed class Apart : IDisposable
{
    public const string Option = "--apart";

    /// <summary>The word of a process that leaves memory to the C library's own rules.</summary>
    public const string Released = "released";

    /// <summary>The step of a process that takes none.</summary>
    public const string Nothing = "Nothing";

    /// <summary>The step whose gradients of weights are computed by all threads together.</summary>
    public const string Whole = "Whole";

    private readonly Process process;

    /// <summary>Starts it.</summary>
    /// <param name="job">What to train.</param>
    /// <param name="step">The step's type.</param>
    /// <param name="words">What else to tell it.</param>
    public Apart(Job job, string step, params string[] words)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // Under "dotnet run" and "dotnet Arow.Bench.dll" the process is the host's.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var word in (string[])[Option, step, job.Architecture, .. words]) start.ArgumentList.Add(word);
        process = Process.Start(start)!;
    }

    /// <summary>Peak resident memory so far, in MB.</summary>
    public double PeakMemory
    {
        get
        {
            process.Refresh();
            return process.PeakWorkingSet64 / 1e6;
        }
    }

    /// <summary>Peak resident memory of a few steps in a new process, in MB.</summary>
    public static double Memory(Job job, string step, params string[] words)
    {
        using var apart = new Apart(job, step, words);
        for (var i = 0; i < 2; i++) apart.Take();
        return apart.PeakMemory;
    }

    public Reading Take(int attackSteps = Job.AttackSteps)
    {
        process.StandardInput.WriteLine(attackSteps);
        var said = process.StandardOutput.ReadLine()?.Split(' ') ?? throw new InvalidOperationException("the other process ended");
        return new Reading(Number(said[0]), Number(said[1]));

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>The other process's part.</summary>
    public static void Serve(string step, string architecture)
    {
        var job = Job.Main.Single(j => j.Architecture == architecture);
        using var network = job.CreateNetwork();
        using var scope = NewDisposeScope();
        var (x, y) = job.Images();
        using IStep? taken = step switch
        {
            Nothing => null,
            nameof(Published) => new Published(network),
            Whole => new Written(network, Machine.Means & ~Means.Parts),
            _ => new Ours(network, job),
        };
        while (Console.ReadLine() is { } attackSteps)
        {
            var reading = Reading.Of(() => taken?.Take(x, y, int.Parse(attackSteps, CultureInfo.InvariantCulture)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{reading.Elapsed} {reading.Processor}"));
        }
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
