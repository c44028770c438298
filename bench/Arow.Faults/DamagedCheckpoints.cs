using System.Buffers.Binary;
using Arow.Checkpoints;

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
        ("checkpoint: a bit flipped", (newer, _, dice) => Flipped(newer, dice.Next(newer.Length), dice)),
        ("checkpoint: a bit of the header flipped", (newer, _, dice) => Flipped(newer, dice.Next(HeaderEnd(newer)), dice)),
        ("checkpoint: two bits flipped", (newer, _, dice) => Flipped(Flipped(newer, dice.Next(HeaderEnd(newer)), dice), dice.Next(newer.Length), dice)),
        ("checkpoint: cut short", (newer, _, dice) => newer[..(dice.Next(10) == 0 ? 0 : dice.Next(newer.Length))]),
        ("checkpoint: sectors of zeros", (newer, _, dice) => ZeroSectors(newer, dice)),
        ("checkpoint: another's tail", (newer, older, dice) => dice.Next(newer.Length / Sector) * Sector is var at ? [.. newer[..at], .. older[Math.Min(at, older.Length)..]] : newer),
        ("checkpoint: longer than it was", (newer, _, dice) => [.. newer, .. Junk(dice)]),
    ];

    private static readonly string[] FilesOfARun = ["run.json", "log.jsonl", "weights.safetensors", "checkpoints", "watch", "newest checkpoint"];
    private static readonly string[] Accidents = ["lost", "emptied", "cut short", "a bit flipped", "another run's"];

    public static IEnumerable<Tally> Try(Effort effort)
    {
        LibTorch.Load();
        var chosen = effort.Chosen(Damages, d => d.Kind);
        var folders = effort.Chosen(FilesOfARun, RunKind);
        using var folder = new TemporaryFolder();
        foreach (var (kind, spoil) in chosen) yield return Checkpoint(kind, spoil, effort, folder, chosen.Count + folders.Count);
        foreach (var file in folders) yield return RunFolderFile(file, effort, folder, chosen.Count + folders.Count);
    }

    private static string RunKind(string file) => $"run folder: {file}";

    private static Tally Checkpoint(string kind, Func<byte[], byte[], Random, byte[]> spoil, Effort effort, TemporaryFolder folder, int kinds)
    {
        var tally = new Tally(kind);
        var good = Trained(folder, "good");
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
            using var found = new CheckpointFolder(folder).Latest(told.Add);
            using var former = Safetensors.Read(older);
            return found is null ? "no checkpoint is left"
                : told.Count != 1 ? $"{told.Count} lines are told"
                : found.Metadata.Count == former.Metadata.Count && found.Metadata.All(note => former.Metadata.GetValueOrDefault(note.Key) == note.Value) ? null
                : "the damaged checkpoint is used";
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private static Tally RunFolderFile(string file, Effort effort, TemporaryFolder folder, int kinds)
    {
        const int Steps = 8;
        var tally = new Tally(RunKind(file));
        var whole = File.ReadAllBytes(Path.Combine(Trained(folder, "good"), "weights.safetensors"));
        var (half, other) = (Trained(folder, "half", Steps), Trained(folder, "other", Steps, ("lambda", "1"), ("seed", "7")));
        foreach (var number in effort.Numbers(UsualFolders, kinds))
        {
            var dice = effort.Dice(tally.Kind, number);
            var accident = Accidents[dice.Next(Accidents.Length)];
            var at = folder.File("hurt");
            if (Directory.Exists(at)) Directory.Delete(at, recursive: true);
            FolderCopy.Make(half, at);
            foreach (var place in Places(half, file)) Hurt(accident, place, half, at, other, dice);
            tally.Tries++;
            try
            {
                if (TrainedRun.Make(at, resume: true, measures: false) && !File.ReadAllBytes(Path.Combine(at, "weights.safetensors")).AsSpan().SequenceEqual(whole))
                    tally.Fault(number, $"{file} {accident}: it ends with other weights, and nothing is said");
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

    /// <summary>The files that a name stands for, below the folder.</summary>
    private static List<string> Places(string run, string name) =>
    [
        .. (name == "newest checkpoint" ? [Directory.EnumerateFiles(Path.Combine(run, "checkpoints")).Max(StringComparer.Ordinal)!]
            : Directory.Exists(Path.Combine(run, name)) ? Directory.EnumerateFiles(Path.Combine(run, name))
            : [Path.Combine(run, name)]).Select(path => Path.GetRelativePath(run, path)),
    ];

    private static void Hurt(string accident, string place, string from, string to, string other, Random dice)
    {
        var (path, bytes) = (Path.Combine(to, place), File.ReadAllBytes(Path.Combine(from, place)));
        switch (accident)
        {
            case "lost": File.Delete(path); break;
            case "emptied": File.WriteAllBytes(path, []); break;
            case "cut short": File.WriteAllBytes(path, bytes[..dice.Next(bytes.Length)]); break;
            case "a bit flipped": File.WriteAllBytes(path, Flipped(bytes, dice.Next(bytes.Length), dice)); break;
            default: File.Copy(Path.Combine(other, place), path, overwrite: true); break;
        }
    }

    /// <summary>A run that is made once for all tries.</summary>
    private static string Trained(TemporaryFolder folder, string name, int? steps = null, params IEnumerable<(string, string)> given)
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

    private static byte[] Flipped(byte[] bytes, int at, Random dice)
    {
        var flipped = bytes.ToArray();
        flipped[at] ^= (byte)(1 << dice.Next(8));
        return flipped;
    }

    private static byte[] ZeroSectors(byte[] bytes, Random dice)
    {
        const int Most = 8;
        var (zeroed, at) = (bytes.ToArray(), dice.Next(bytes.Length / Sector) * Sector);
        Array.Clear(zeroed, at, Math.Min(Sector * dice.Next(1, Most + 1), bytes.Length - at));
        return zeroed;
    }

    private static byte[] Junk(Random dice)
    {
        var junk = new byte[dice.Next(1, 600)];
        dice.NextBytes(junk);
        return junk;
    }
}
