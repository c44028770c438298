using System.Buffers.Binary;
using Arow.Checkpoints;
using Arow.Faults.Kills;
using Arow.Runtime;

namespace Arow.Faults;

/// <summary>
/// Checkpoints as failing storage leaves them: each is known for what it is, told, and the one before it used. Then any file of a run folder
/// damaged, lost or another run's: going on is refused in one line, or ends with the weights of a run that nothing happened to.
/// </summary>
internal static class DamagedCheckpoints
{
    private const int UsualDamages = 30, UsualFolders = 6, Sector = 512;

    private static readonly (string Kind, Func<byte[], byte[], Random, byte[]> Spoil)[] Damages =
    [
        ("checkpoint: a bit flipped", (newer, _, random) => Flipped(newer, random.Next(newer.Length), random)),
        ("checkpoint: a bit of the header flipped", (newer, _, random) => Flipped(newer, random.Next(HeaderEnd(newer)), random)),
        ("checkpoint: two bits flipped", (newer, _, random) =>
            Flipped(Flipped(newer, random.Next(HeaderEnd(newer)), random), random.Next(newer.Length), random)),
        ("checkpoint: cut short", (newer, _, random) => newer[..(random.Next(10) == 0 ? 0 : random.Next(newer.Length))]),
        ("checkpoint: sectors of zeros", (newer, _, random) => ZeroSectors(newer, random)),
        ("checkpoint: another's tail", (newer, older, random) =>
            random.Next(newer.Length / Sector) * Sector is var at ? [.. newer[..at], .. older[Math.Min(at, older.Length)..]] : newer),
        ("checkpoint: longer than it was", (newer, _, random) => [.. newer, .. Junk(random)]),
    ];

    /// <summary>Files and folders of a run, and the objective whose run has them.</summary>
    private static readonly (string Name, string Objective)[] FilesOfARun =
    [
        .. ((string[])["run.json", "log.jsonl", "weights.safetensors", "weights-last.safetensors", "weights-best.safetensors",
            "weights-average.safetensors", "checkpoints", "copies", "watch", "newest checkpoint"])
            .Select(name => (name, "trades")),
        .. ((string[])["helper/weights.safetensors", "helper/checkpoints", "helper"]).Select(name => (name, "hat")),
    ];

    private static readonly string[] Accidents = ["lost", "emptied", "cut short", "a bit flipped", "another run's"];

    public static IEnumerable<Tally> Try(Effort effort)
    {
        ArowRuntime.Initialize();
        var chosen = effort.Chosen(Damages, d => d.Kind);
        var folders = effort.Chosen(FilesOfARun, file => RunKind(file.Name));
        using var folder = new TemporaryFolder();
        foreach (var (kind, spoil) in chosen) yield return Checkpoint(kind, spoil, effort, folder, chosen.Count + folders.Count);
        foreach (var file in folders) yield return RunFolderFile(file.Name, file.Objective, effort, folder, chosen.Count + folders.Count);
    }

    private static string RunKind(string file) => $"run folder: {file}";

    private static Tally Checkpoint(string kind, Func<byte[], byte[], Random, byte[]> spoil, Effort effort, TemporaryFolder folder, int kinds)
    {
        var tally = new Tally(kind);
        var good = Trained(folder, "good", null);
        var files = Directory.EnumerateFiles(Path.Combine(good, "checkpoints")).Order(StringComparer.Ordinal).ToList();
        var (older, newer) = (File.ReadAllBytes(files[^2]), File.ReadAllBytes(files[^1]));
        var spoilt = Directory.CreateDirectory(folder.File("spoilt")).FullName;
        File.WriteAllBytes(Path.Combine(spoilt, Path.GetFileName(files[^2])), older);
        var damaged = Path.Combine(spoilt, Path.GetFileName(files[^1]));
        foreach (var number in effort.Numbers(UsualDamages, kinds))
        {
            var bytes = spoil(newer, older, effort.Dice(kind, number));
            // Not all that happens to a file changes it.
            if (bytes.AsSpan().SequenceEqual(newer)) continue;
            tally.Tries++;
            File.WriteAllBytes(damaged, bytes);
            if (Problem(spoilt, files[^2]) is { } problem) tally.Fault(number, problem, Kept(effort, kind, number, damaged));
        }
        return tally;
    }

    private static string? Problem(string folder, string older)
    {
        try
        {
            var told = new List<string>();
            using var found = new CheckpointFolder(folder).LoadLatest(told.Add);
            using var former = Safetensors.Read(older);
            return found is null ? "no checkpoint is left"
                : told.Count != 1 ? $"{told.Count} lines are told"
                : found.Metadata.Count == former.Metadata.Count
                    && found.Metadata.All(note => former.Metadata.GetValueOrDefault(note.Key) == note.Value) ? null
                : "the damaged checkpoint is used";
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private static Tally RunFolderFile(string file, string objective, Effort effort, TemporaryFolder folder, int kinds)
    {
        var tally = new Tally(RunKind(file));
        // In the midst of its second epoch; a helper is trained before it.
        var steps = objective == "hat" ? 20 : 8;
        (string, string)[] own = [("objective", objective), ("keep", objective == "hat" ? "last" : "last,best,average")];
        (string, string)[] others = [.. own, ("lambda", "1"), ("seed", "7")];
        var good = Trained(folder, $"{objective}-good", null, own);
        var whole = Contents.Of(good);
        foreach (var number in effort.Numbers(UsualFolders, kinds))
        {
            var random = effort.Dice(tally.Kind, number);
            var accident = Accidents[random.Next(Accidents.Length)];
            // What is written at the end is there at the end only.
            var ended = random.Next(2) == 0 || !Path.Exists(Path.Combine(Trained(folder, $"{objective}-half", steps, own), file)) && !IsSome(file);
            var (run, other) = ended ? (good, Trained(folder, $"{objective}-other", null, others))
                : (Trained(folder, $"{objective}-half", steps, own), Trained(folder, $"{objective}-other-half", steps, others));
            var at = folder.File("hurt");
            if (Directory.Exists(at)) Directory.Delete(at, recursive: true);
            FolderCopy.Make(run, at);
            foreach (var place in Places(run, file)) Hurt(accident, place, run, at, other, random);
            tally.Tries++;
            try
            {
                var told = new List<string>();
                if (!TrainedRun.Make(at, resume: true, measures: false, warned: told.Add, given: own)) tally.Fault(number, "comes to no end");
                // What was watched cannot be made again, and a run that has ended needs no helper: it is enough that they are missed.
                else if (Contents.Difference(Needed(whole, told.Count > 0, ended), Needed(Contents.Of(at), told.Count > 0, ended)) is { } difference)
                    tally.Fault(number, $"{file} {accident}{(ended ? " at the end" : "")}: it ends with {difference}, and "
                        + $"{(told.Count == 0 ? "nothing is said" : string.Join(" / ", told))}");
            }
            catch (InputException)
            {
            }
            catch (Exception e)
            {
                tally.Fault(number, $"{file} {accident}: {e.GetType().Name}: {e.Message}");
            }
        }
        return tally;
    }

    /// <summary>
    /// What has to be as it would have been: of a helper that is asked no more its weights, and what cannot be made again unless it is missed.
    /// </summary>
    private static SortedDictionary<string, string> Needed(SortedDictionary<string, string> contents, bool missed, bool ended) => new(contents
        .Where(file => !(missed && file.Key.StartsWith("watch", StringComparison.Ordinal))
            && !(ended && file.Key.StartsWith("helper", StringComparison.Ordinal) && (missed || Path.GetFileName(file.Key) != "weights.safetensors")))
                .ToDictionary(), StringComparer.Ordinal);

    private static bool IsSome(string name) => name is "newest checkpoint" or "copies";

    /// <summary>The files that a name stands for, below the folder.</summary>
    private static List<string> Places(string run, string name) =>
    [
        .. (name == "newest checkpoint" ? [Directory.EnumerateFiles(Path.Combine(run, "checkpoints")).Max(StringComparer.Ordinal)!]
            : name == "copies" ? Directory.EnumerateFiles(Path.Combine(run, "checkpoints"))
                .Where(path => !Path.GetFileName(path).StartsWith("step-", StringComparison.Ordinal))
            : Directory.Exists(Path.Combine(run, name)) ? Directory.EnumerateFiles(Path.Combine(run, name), "*", SearchOption.AllDirectories)
            : [Path.Combine(run, name)]).Select(path => Path.GetRelativePath(run, path)),
    ];

    private static void Hurt(string accident, string place, string from, string to, string other, Random random)
    {
        var (path, bytes) = (Path.Combine(to, place), File.ReadAllBytes(Path.Combine(from, place)));
        switch (accident)
        {
            case "lost": File.Delete(path); break;
            case "emptied": File.WriteAllBytes(path, []); break;
            case "cut short": File.WriteAllBytes(path, bytes[..random.Next(bytes.Length)]); break;
            case "a bit flipped": File.WriteAllBytes(path, Flipped(bytes, random.Next(bytes.Length), random)); break;
            // Checkpoints of another run may be of other steps.
            default:
                if (File.Exists(Path.Combine(other, place))) File.Copy(Path.Combine(other, place), path, overwrite: true);
                break;
        }
    }

    /// <summary>A run that is made once for all tries.</summary>
    private static string Trained(TemporaryFolder folder, string name, int? steps, params IEnumerable<(string, string)> given)
    {
        var path = folder.File(name);
        if (!Directory.Exists(path)) TrainedRun.Make(path, steps: steps, measures: false, given: given);
        return path;
    }

    private static string Kept(Effort effort, string kind, int number, string file)
    {
        var kept = Path.Combine(effort.Kept, $"{kind.Replace(": ", "-").Replace(' ', '-')}-seed{effort.Seed}-{number}.safetensors");
        Directory.CreateDirectory(effort.Kept);
        File.Copy(file, kept, overwrite: true);
        return kept;
    }

    /// <summary>The length of the header, and the header.</summary>
    private static int HeaderEnd(byte[] file) => 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file);

    private static byte[] Flipped(byte[] bytes, int at, Random random)
    {
        var flipped = bytes.ToArray();
        flipped[at] ^= (byte)(1 << random.Next(8));
        return flipped;
    }

    private static byte[] ZeroSectors(byte[] bytes, Random random)
    {
        const int Most = 8;
        var (zeroed, at) = (bytes.ToArray(), random.Next(bytes.Length / Sector) * Sector);
        Array.Clear(zeroed, at, Math.Min(Sector * random.Next(1, Most + 1), bytes.Length - at));
        return zeroed;
    }

    private static byte[] Junk(Random random)
    {
        var junk = new byte[random.Next(1, 600)];
        random.NextBytes(junk);
        return junk;
    }
}
