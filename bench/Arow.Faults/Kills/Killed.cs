using System.Diagnostics;
using Arow.Runtime;

namespace Arow.Faults.Kills;

/// <summary>
/// Commands that are ended at any moment and begun again, until they are through: what they leave is what one leaves that nothing happened
/// to, byte for byte, and nothing else beside it.
/// </summary>
internal static class Killed
{
    private const int Usual = 2, KillsOfALife = 6;

    public static IEnumerable<Tally> Try(Effort effort)
    {
        ArowRuntime.Initialize();
        using var victims = new Victims();
        var small = effort.Tries is null && effort.Minutes is null && effort.Only.Count == 0;
        var chosen = effort.Chosen(victims.All.Where(v => v.Small || !small), v => v.Name);
        foreach (var victim in chosen) yield return Try(victim, victims.Folder, effort, chosen.Count);
    }

    /// <summary>A number of kills, in lives of some each.</summary>
    private static Tally Try(Victim victim, string folder, Effort effort, int victims)
    {
        var tally = new Tally(victim.Name);
        var slug = string.Concat(victim.Name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        var (whole, at) = (Path.Combine(folder, $"{slug}-whole{victim.Ending}"), Path.Combine(folder, $"{slug}-killed{victim.Ending}"));
        var start = victim.Command(whole);
        var clock = Stopwatch.StartNew();
        using (var unhurt = Signals.Quiet(start)) unhurt.WaitForExit();
        var usual = clock.Elapsed;
        var expected = Contents.Of(whole, victim.Part);
        if (expected.Count == 0)
        {
            tally.Fault(0, $"leaves nothing in {whole} although nothing happened to it");
            return tally;
        }

        var running = new List<Process>();
        var lived = 0;
        foreach (var number in effort.Numbers(Usual, victims))
        {
            var random = effort.Dice(victim.Name, number);
            while (running.Count < victim.Processes) running.Add(Signals.Quiet(victim.Command(at)));
            var one = running[random.Next(running.Count)];
            // Later moments are reached by those that go on.
            one.WaitForExit((0.1 + (victim.Resumes ? 0.5 : 0.9) * random.NextDouble()) * usual);
            if (victim.IsLauncher) Signals.EndChild(one, random);
            else if (Signals.End(one, random) is { } odd) tally.Fault(number, odd);
            tally.Tries++;
            running.Remove(one);
            one.Dispose();
            lived++;
            if (!victim.Resumes && Path.Exists(at) && Contents.Difference(expected, Found()) is { } half)
                tally.Fault(number, $"leaves its output unfinished: {half}");
            // What does not go on refuses an output that is there, and has come to its end then.
            if (lived == KillsOfALife || !victim.Resumes && Path.Exists(at)) Finish(number);
        }
        if (lived > 0) Finish(effort.First + tally.Tries - 1);
        return tally;

        // Where another command goes on with a part, it leaves more than the one that began it.
        SortedDictionary<string, string> Found() =>
            new(Contents.Of(at, victim.Part).Where(file => victim.Part.Length == 0 || expected.ContainsKey(file.Key)).ToDictionary(),
                StringComparer.Ordinal);

        void Finish(int number)
        {
            // What is whole is refused by those that do not go on, and is held against the other as it is.
            if (victim.Resumes || !Path.Exists(at))
            {
                while (running.Count < victim.Processes) running.Add(Signals.Quiet(victim.Command(at)));
                foreach (var process in running)
                {
                    process.WaitForExit();
                    if (process.ExitCode != 0) tally.Fault(number, $"begun again it ends with exit code {process.ExitCode}");
                    process.Dispose();
                }
                running.Clear();
            }
            if (Contents.Difference(expected, Found()) is { } difference) tally.Fault(number, $"after {lived} kills: {difference}",
                Kept(effort, at, number));
            foreach (var left in Directory.EnumerateFileSystemEntries(folder, $"{slug}-killed*")
                .Concat(Directory.Exists(at) ? Directory.EnumerateFileSystemEntries(at, "*", SearchOption.AllDirectories) : [])
                .Where(path => path != at && !path.StartsWith(at + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                    || Path.GetExtension(path) is ".tmp" or ".old" or ".part"))
            {
                if (victim.Beside.Length == 0 || left != at + victim.Beside) tally.Fault(number, $"{Path.GetRelativePath(folder, left)} is left over");
            }
            foreach (var path in Directory.EnumerateFileSystemEntries(folder, $"{slug}-killed*"))
            {
                if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
                else File.Delete(path);
            }
            lived = 0;
        }
    }

    private static string Kept(Effort effort, string output, int number)
    {
        var kept = Path.Combine(effort.Kept, $"{Path.GetFileName(output)}-seed{effort.Seed}-{number}");
        if (Directory.Exists(kept)) Directory.Delete(kept, recursive: true);
        Directory.CreateDirectory(effort.Kept);
        if (Directory.Exists(output)) FolderCopy.Make(output, kept);
        else if (File.Exists(output)) File.Copy(output, kept, overwrite: true);
        return kept;
    }
}
