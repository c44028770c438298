using System.Diagnostics;
using System.Globalization;

namespace Arow.Faults.Readers;

/// <summary>What became of an input.</summary>
/// <param name="Refusal">Why it was not read; null if it was.</param>
/// <param name="Fault">What is wrong with how it ended; null if nothing.</param>
internal sealed record ReaderOutcome(string? Refusal, string? Fault);

/// <summary>
/// One input of a reader, made and read: it is read, or refused with one line in words of our own, within its time and memory, and its
/// folder is as it was.
/// </summary>
/// <param name="reader">What reads.</param>
/// <param name="folder">A folder for inputs, one at a time.</param>
/// <param name="measuresMemory">Whether nothing else in this process takes memory meanwhile.</param>
internal sealed class ReaderTrial(Reader reader, string folder, bool measuresMemory = false)
{
    /// <summary>Bytes that the process may take beyond what it had, for inputs of some kilobytes.</summary>
    public const long MostMemory = 256 << 20;

    private static readonly string[] ForeignWords =
        ["System.", "Exception", "   at ", "Parameter '", "Object reference", "Stream was too long", "Index was", "Specified argument",
            "Could not find", "Nullable object", "c10", "Arithmetic operation"];

    /// <summary>Reads the input of a number.</summary>
    public ReaderOutcome Try(Spoilage spoilage)
    {
        var read = Prepared(spoilage);
        var before = Listed();
        var (outcome, seconds) = Timed(read);
        // What is compiled at its first use may make a reading slow; one that is slow by nature is so again.
        if (outcome.Fault is null && seconds > reader.Patience.TotalSeconds && Timed(read).Seconds > reader.Patience.TotalSeconds)
            outcome = outcome with { Fault = string.Create(CultureInfo.InvariantCulture, $"takes {seconds:0.0} s") };
        return outcome.Fault is null && Listed() is var after && after != before
            ? outcome with { Fault = $"leaves other files than there were: {after}" } : outcome;
    }

    /// <summary>Makes an input in the emptied folder.</summary>
    public Action Prepared(Spoilage spoilage)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        var read = reader.Prepare(spoilage, folder);
        if (spoilage.Damages && spoilage.Once(OddFile.Rarity)) OddFile.Put(folder, spoilage.Dice);
        return read;
    }

    private (ReaderOutcome Outcome, double Seconds) Timed(Action read)
    {
        var level = measuresMemory ? PeakMemory.Reset() : 0;
        var (clock, processor) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        var outcome = Read(read);
        // A busy machine takes time on the clock, and other threads of this process take processor time: neither is this reading's.
        var seconds = Min(clock.Elapsed, Environment.CpuUsage.TotalTime - processor).TotalSeconds;
        if (measuresMemory && outcome.Fault is null && PeakMemory.Now() - level is var taken && taken > MostMemory)
            outcome = outcome with { Fault = $"takes {taken >> 20} MB" };
        return (outcome, seconds);
    }

    private static ReaderOutcome Read(Action read)
    {
        try
        {
            read();
            return new ReaderOutcome(null, null);
        }
        catch (InputException e)
        {
            var fault = e.Message.Length < 5 || e.Message.Any(char.IsControl) ? "is no line of text"
                : ForeignWord(e.Message) is { } word ? $"speaks of {word}" : null;
            return new ReaderOutcome(e.Message, fault is null ? null : $"the message {fault}: {Quoted(e.Message)}");
        }
        catch (Exception e)
        {
            return new ReaderOutcome(e.Message,
                $"{e.GetType().Name}: {Quoted(e.Message)} "
                    + $"{string.Join(" < ", (e.StackTrace ?? "").Split('\n').Take(3).Select(line => line.Trim()))}");
        }
    }

    /// <summary>What a message says in the words of the framework; null if nothing.</summary>
    public static string? ForeignWord(string message) =>
        ForeignWords.FirstOrDefault(word => message.Contains(word, StringComparison.Ordinal))?.Trim();

    private static string Quoted(string message)
    {
        const int Most = 300;
        var line = string.Concat(message.Select(letter => char.IsControl(letter) ? '?' : letter));
        return line.Length > Most ? line[..Most] + "…" : line;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private string Listed() => string.Join(' ', Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal));
}
