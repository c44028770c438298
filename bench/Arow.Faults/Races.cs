using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Arow.Evaluation;
using Arow.Faults.Kills;
using Arow.Training;

namespace Arow.Faults;

/// <summary>
/// Owners of one folder: never two at a time, never none, and whoever comes too late is told so; or all of them, where they share it.
/// </summary>
internal static class Races
{
    private const int Owners = 3;

    private static readonly (string Kind, int Usual, Func<TemporaryFolder, Tally, Effort, Action<int>> Round)[] Kinds =
    [
        ("race: a new evaluation's folder", 200, (folder, tally, effort) => Together(folder, tally, effort, at =>
            EvaluationJournal.Begin(new EvaluationFolder(at).Journal, Identity))),
        ("race: a shared evaluation's folder", 200, (folder, tally, effort) => Together(folder, tally, effort, at =>
            new EvaluationFolder(at).Open(Identity, resume: true), owners: Owners)),
        ("race: a run folder", 200, (folder, tally, effort) => Together(folder, tally, effort, at => new RunFolder(at).AcquireLock())),
        ("race: two trainings, held and killed", 1, Trainings),
    ];

    public static IEnumerable<Tally> Try(Effort effort)
    {
        var chosen = effort.Chosen(Kinds, k => k.Kind);
        foreach (var (kind, usual, round) in chosen)
        {
            using var folder = new TemporaryFolder();
            var tally = new Tally(kind);
            var play = round(folder, tally, effort);
            foreach (var number in effort.Numbers(usual, chosen.Count))
            {
                tally.Tries++;
                play(number);
            }
            yield return tally;
        }
    }

    private static EvaluationIdentity Identity => new([["Arow", "x"]]);

    /// <summary>Threads that begin at the same moment; each has what it got until all have tried.</summary>
    private static Action<int> Together(
        TemporaryFolder folder, Tally tally, Effort effort, Func<string, IDisposable> take, int owners = 1) => number =>
    {
        var at = folder.File($"{number}");
        var random = effort.Dice(tally.Kind, number);
        // Sometimes somebody was here before.
        if (random.Next(2) == 0) take(at).Dispose();
        var (held, odd) = (new ConcurrentBag<IDisposable>(), new ConcurrentBag<string>());
        using var start = new Barrier(Owners);
        Thread[] threads = [.. Enumerable.Range(0, Owners).Select(_ => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                held.Add(take(at));
            }
            catch (InputException)
            {
            }
            catch (Exception e)
            {
                odd.Add($"{e.GetType().Name}: {e.Message}");
            }
        }))];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        if (held.Count != owners) tally.Fault(number, $"{held.Count} of {Owners} have it");
        foreach (var what in odd) tally.Fault(number, what);
        foreach (var one in held) one.Dispose();
        Directory.Delete(at, recursive: true);
    };

    /// <summary>
    /// Two with different options and one folder, of which one is held for a while at some moment and the other killed at another: the folder
    /// says the options of the weights that are in it, and the run it says goes on to the end.
    /// </summary>
    private static Action<int> Trainings(TemporaryFolder folder, Tally tally, Effort effort)
    {
        string[] Command(string lambda) =>
        [
            "train", "--dataset", "glyphs", "--model", "tiny-cnn", "--limit-train", "100", "--limit-test", "20", "--epochs", "2", "--batch-size",
            "20", "--attack-steps", "2",
            "--objective", "trades", "--lambda", lambda, "--test-attack", "clean", "--checkpoint-every", "0.02", "--threads", "1",
        ];
        var whole = new Dictionary<string, byte[]>();
        var clock = Stopwatch.StartNew();
        foreach (var lambda in (string[])["1", "6"])
        {
            using var alone = Started([.. Command(lambda), "--output", lambda]);
            alone.WaitForExit();
            whole[lambda] = Weights(lambda);
        }
        var usual = clock.Elapsed / 2;

        return number =>
        {
            var random = effort.Dice(tally.Kind, number);
            var at = $"shared-{number}";
            using var held = Started([.. Command("1"), "--output", at]);
            held.WaitForExit(0.8 * random.NextDouble() * usual);
            if (!held.HasExited) Signals.Send(held, Signals.Stop);
            using var other = Started([.. Command("6"), "--output", at]);
            if (!other.WaitForExit(0.8 * random.NextDouble() * usual)) other.Kill();
            other.WaitForExit();
            if (!held.HasExited) Signals.Send(held, Signals.Continue);
            held.WaitForExit();
            if (held.ExitCode is not (0 or 2)) tally.Fault(number, $"the one that was held ends with {held.ExitCode}");
            // Whoever is left goes on with what the folder says; where it says nothing yet, anew.
            var begun = File.Exists(Path.Combine(folder.File(at), "run.json"));
            using var last = Started([.. begun ? ["train"] : Command("6"), "--output", at, "--resume"]);
            last.WaitForExit();
            if (last.ExitCode != 0) tally.Fault(number, $"going on with it ends with {last.ExitCode}");
            else if (JsonNode.Parse(File.ReadAllText(Path.Combine(folder.File(at), "run.json")))!["lambda"]!.ToString() is var says
                && !Weights(at).AsSpan().SequenceEqual(whole[says])) tally.Fault(number, $"run.json says lambda {says}, the weights are others");
        };

        byte[] Weights(string run) => File.ReadAllBytes(Path.Combine(folder.File(run), "weights.safetensors"));

        Process Started(string[] command) => Signals.Quiet(BuiltProgram.Command(folder.Path, command));
    }
}
