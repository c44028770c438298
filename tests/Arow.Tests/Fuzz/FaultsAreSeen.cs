using Arow.Faults.Kills;
using Arow.Faults.Readers;

namespace Arow.Tests.Fuzz;

/// <summary>What tries to break Arow would tell if it did.</summary>
public sealed class FaultsAreSeen
{
    private static Reader Reading(Action<string> read) => new("made", (_, at) =>
    {
        File.WriteAllText(Path.Combine(at, "input"), "1");
        return () => read(Path.Combine(at, "input"));
    });

    private static ReaderOutcome Outcome(Reader reader)
    {
        using var folder = new TemporaryFolder();
        return new ReaderTrial(reader, folder.File("inputs")).Try(new Spoilage(new Random(1), Damages: false));
    }

    [Fact]
    public void A_reader_that_reads_or_refuses_is_sound()
    {
        Assert.Equal(new ReaderOutcome(null, null), Outcome(Reading(path => File.ReadAllText(path))));
        var refused = Outcome(Reading(path => throw new InputException($"{path}: is no image")));
        Assert.EndsWith(": is no image", refused.Refusal);
        Assert.Null(refused.Fault);
    }

    [Fact]
    public void One_that_lets_an_exception_through_speaks_of_the_framework_writes_or_is_slow_is_not()
    {
        Assert.StartsWith("InvalidDataException", Outcome(Reading(_ => throw new InvalidDataException("odd"))).Fault);
        Assert.Contains("speaks of System.", Outcome(Reading(path => throw new InputException($"{path}: is no System.Double"))).Fault);
        Assert.Contains("leaves other files", Outcome(Reading(path => File.WriteAllText($"{path}.tmp", ""))).Fault);
        Assert.Contains("leaves other files", Outcome(Reading(File.Delete)).Fault);
        Assert.StartsWith("takes", Outcome(Reading(_ => Thread.SpinWait(100_000)) with { Patience = TimeSpan.Zero }).Fault);
    }

    [Fact]
    public void What_two_runs_leave_is_the_same_but_for_their_time()
    {
        using var folder = new TemporaryFolder();
        var whole = Left("whole", seconds: 1, epoch: 2, rows: "1\n");
        Assert.Null(Contents.Difference(whole, Left("killed", seconds: 2, epoch: 2, rows: "1\n")));
        Assert.Equal("another rows.tsv", Contents.Difference(whole, Left("killed", seconds: 1, epoch: 2, rows: "2\n")));
        Assert.Equal("another log.jsonl", Contents.Difference(whole, Left("killed", seconds: 1, epoch: 3, rows: "1\n")));
        Directory.Delete(folder.File("killed/checkpoints"), recursive: true);
        Assert.Contains("no checkpoints", Contents.Difference(whole, Contents.Of(folder.File("killed"))));
        Assert.Contains("too many", Contents.Difference(Contents.Of(folder.File("nothing")), whole));

        // Of checkpoints the last counts, and of it the tensors.
        SortedDictionary<string, string> Left(string name, int seconds, int epoch, string rows)
        {
            var at = folder.File(name);
            var checkpoints = Directory.CreateDirectory(Path.Combine(at, "checkpoints")).FullName;
            File.WriteAllText(Path.Combine(at, "rows.tsv"), rows);
            File.WriteAllText(Path.Combine(at, "log.jsonl"), $"{{\"epoch\":{epoch},\"seconds\":{seconds}}}\n");
            File.WriteAllText(Path.Combine(at, "report.md"), $"{seconds} s");
            using var scope = NewDisposeScope();
            Safetensors.Write(Path.Combine(checkpoints, "step-1.safetensors"), new Dictionary<string, Tensor> { ["w"] = full(2, seconds) },
                new Dictionary<string, string>());
            Safetensors.Write(Path.Combine(checkpoints, "step-2.safetensors"), new Dictionary<string, Tensor> { ["w"] = ones(2) },
                new Dictionary<string, string> { ["seconds"] = $"{seconds}" });
            return Contents.Of(at);
        }
    }

    [Fact]
    public void A_number_decides_the_damage()
    {
        byte[] good = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
        byte[] Damaged(int seed, string kind, int number) => new Spoilage(Effort.Dice(seed, kind, number), Damages: true).Bytes(good);
        Assert.Equal(Damaged(1, "idx", 5), Damaged(1, "idx", 5));
        // Of many numbers, seeds and kinds hardly two make the same of it.
        var different = Enumerable.Range(0, 50).SelectMany(n => (byte[][])[Damaged(1, "idx", n), Damaged(2, "idx", n), Damaged(1, "mat", n)])
            .Select(Convert.ToHexString).Distinct().Count();
        Assert.InRange(different, 130, 150);
    }
}
