using System.Diagnostics;
using System.Globalization;
using Arow.Cli;
using Arow.Runtime;

namespace Arow.Faults.Readers;

/// <summary>
/// Inputs that are read in a process of their own, which may crash, be killed for its memory, or never come to an end; another one goes on
/// behind the input that did it.
/// </summary>
internal static class ReaderProcess
{
    /// <summary>Of the process that reads: its name, the reader, the seed, the first number, a folder.</summary>
    public const string Verb = "--read";

    private const int Usual = 50;

    /// <summary>A reading that has no answer by then has no end: on the clock as long as two openings in a third process, and more.</summary>
    private static readonly TimeLimit Longest = new(Processor: TimeSpan.FromSeconds(20), Clock: TimeSpan.FromMinutes(15));

    public static IEnumerable<Tally> Try(Effort effort)
    {
        using var set = new ReaderSet();
        var readers = effort.Chosen(set.All, r => r.Name);
        foreach (var reader in readers) yield return Try(reader, effort, readers.Count);
    }

    /// <summary>The process that reads: numbers come on standard input, what becomes of each goes to standard output.</summary>
    public static int Serve(string[] arguments)
    {
        ArowRuntime.Initialize();
        set_num_threads(1);
        var (name, seed, folder) = (arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture), arguments[2]);
        using var set = new ReaderSet();
        var reader = set.All.Single(r => r.Name == name);
        var trial = new ReaderTrial(reader, folder, measuresMemory: true);
        // What a first reading loads, and the run that is trained for some, is not the damaged input's.
        if (trial.Try(new Spoilage(new Random(seed), Damages: false)).Refusal is { } refusal) Console.WriteLine(
            $"an undamaged input is refused: {refusal}");
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            var number = int.Parse(line, CultureInfo.InvariantCulture);
            var outcome = trial.Try(Input(reader, seed, number));
            Console.WriteLine(outcome.Fault is { } fault ? fault : outcome.Refusal is null ? "read" : "refused");
        }
        return 0;
    }

    /// <summary>The damage of a number.</summary>
    public static Spoilage Input(Reader reader, int seed, int number) => new(Effort.Dice(seed, reader.Name, number), Damages: true);

    private static Tally Try(Reader reader, Effort effort, int readers)
    {
        var tally = new Tally(reader.Name) { Read = 0 };
        using var folder = new TemporaryFolder();
        Process? process = null;
        foreach (var number in effort.Numbers(Usual, readers))
        {
            process ??= Begun(reader, effort, folder);
            tally.Tries++;
            process.StandardInput.WriteLine(number.ToString(CultureInfo.InvariantCulture));
            var answer = process.StandardOutput.ReadLineAsync();
            if (Longest.Wait(answer, process) is { } exceeded)
            {
                End(process);
                process = null;
                tally.Fault(number, $"comes to no end within {exceeded}", Kept(reader, effort, number));
            }
            else if (answer.Result is null)
            {
                process.WaitForExit();
                tally.Fault(number, $"ends the process with exit code {process.ExitCode}", Kept(reader, effort, number));
                End(process);
                process = null;
            }
            else if (answer.Result == "read")
            {
                tally.Read++;
            }
            else if (answer.Result != "refused")
            {
                tally.Fault(number, answer.Result, Kept(reader, effort, number));
            }
        }
        if (process is not null) End(process);
        return tally;
    }

    private static Process Begun(Reader reader, Effort effort, TemporaryFolder folder)
    {
        var start = OwnProgram.Command(Verb, reader.Name, $"{effort.Seed}", folder.File("input"));
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        var process = Process.Start(start)!;
        if (process.StandardOutput.ReadLine() is var line
            && line != "ready") throw new InvalidOperationException($"{reader.Name}: {line ?? "an undamaged input ends the process"}");
        return process;
    }

    private static void End(Process process)
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>The folder that holds the input of a number.</summary>
    private static string Kept(Reader reader, Effort effort, int number)
    {
        var kept = Path.Combine(effort.Kept, $"{reader.Name.Replace(' ', '-')}-seed{effort.Seed}-{number}");
        using var set = new ReaderSet();
        new ReaderTrial(set.All.Single(r => r.Name == reader.Name), kept).Prepared(Input(reader, effort.Seed, number));
        return kept;
    }
}
