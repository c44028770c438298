using System.Text;

namespace Arow.Tests.Unit.Evaluation;

public sealed class EvaluationJournalTests : IDisposable
{
    private static readonly EvaluationIdentity Identity = new([["model", "a"], ["seed", "0"]]);

    private readonly MadeFolder made = new();

    private string Path => made["new/journal"];

    public void Dispose() => made.Dispose();

    private static BatchRecord Batch(int stage, int first) => new(stage, first, 0.25, [$"{first}\trow", "another"])
    {
        Traffic = new QueryCounts(4, 3, 2, 1), ZeroGradients = [7], Rounded = [],
    };

    private void Begin(params BatchRecord[] batches)
    {
        using var journal = EvaluationJournal.Begin(Path, Identity);
        foreach (var batch in batches) journal.Append(batch);
    }

    [Fact]
    public void What_is_done_is_remembered_to_the_letter()
    {
        var finding = Finding.Note("some", "said", "suggested", [1, 2]);
        Begin(Batch(0, 0), Batch(1, 250), new BatchRecord(BatchRecord.Checks, 0, 0, []) { Findings = [finding] });
        using var journal = EvaluationJournal.Resume(Path, Identity);
        Assert.Equal(3, journal.Count);
        var known = journal.Find(1, 250)!;
        Assert.Equal(Batch(1, 250).Rows, known.Rows);
        Assert.Equal((0.25, new QueryCounts(4, 3, 2, 1)), (known.Seconds, known.Traffic));
        Assert.Equal([7], known.ZeroGradients!);
        Assert.Empty(known.Rounded!);
        Assert.Null(known.Findings);
        var found = Assert.Single(journal.Find(BatchRecord.Checks, 0)!.Findings!);
        Assert.Equal(("some", FindingLevel.Note, "said", "suggested"), (found.Check, found.Level, found.Message, found.Advice));
        Assert.Null(journal.Find(1, 0));
    }

    /// <summary>Three that begin at the same moment, again and again: one writes, the others are told.</summary>
    [Fact]
    public void Of_several_that_begin_at_once_one_writes()
    {
        for (var round = 0; round < 40; round++)
        {
            var path = made[$"round{round}/journal"];
            var (held, refused) = (0, 0);
            using var together = new Barrier(3);
            var threads = Enumerable.Range(0, 3).Select(_ => new Thread(() =>
            {
                EvaluationJournal? journal = null;
                together.SignalAndWait();
                try
                {
                    journal = EvaluationJournal.Begin(path, Identity);
                    Interlocked.Increment(ref held);
                }
                catch (InputException)
                {
                    Interlocked.Increment(ref refused);
                }
                together.SignalAndWait();
                journal?.Dispose();
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
            Assert.Equal((1, 2), (held, refused));
        }
    }

    [Theory]
    [InlineData("{\"Parts\":[[\"model\",\"a\"],[\"model\",\"a\"]]}")]
    [InlineData("{\"Parts\":[null]}")]
    [InlineData("{\"Parts\":[[\"model\",null]]}")]
    [InlineData("{\"Parts\":[[\"model\"]]}")]
    public void A_first_line_that_names_no_evaluation_is_refused(string line)
    {
        Begin();
        File.WriteAllText(Path, $"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(line)))[..16]} "
            + $"{line}\n");
        Assert.Contains("not a journal", Assert.Throws<InputException>(() => EvaluationJournal.Resume(Path, Identity)).Message);
    }

    [Fact]
    public void Cut_anywhere_it_remembers_what_was_whole_and_goes_on()
    {
        Begin(Batch(0, 0), Batch(1, 0), Batch(1, 250));
        var whole = File.ReadAllBytes(Path);
        var ends = Enumerable.Range(0, whole.Length).Where(i => whole[i] == '\n').Select(i => i + 1).ToArray();
        for (var length = ends[0]; length <= whole.Length; length += 7)
        {
            File.WriteAllBytes(Path, whole[..length]);
            var kept = ends.Count(e => e <= length) - 1;
            using (var journal = EvaluationJournal.Resume(Path, Identity))
            {
                Assert.Equal(kept, journal.Count);
                journal.Append(Batch(2, 0));
            }
            using var again = EvaluationJournal.Resume(Path, Identity);
            Assert.Equal(kept + 1, again.Count);
            Assert.NotNull(again.Find(2, 0));
        }
    }

    [Fact]
    public void A_last_line_of_garbage_is_what_a_power_failure_leaves()
    {
        Begin(Batch(0, 0), Batch(1, 0));
        var bytes = File.ReadAllBytes(Path);
        bytes.AsSpan(bytes.Length - 20, 19).Clear();
        File.WriteAllBytes(Path, bytes);
        using var journal = EvaluationJournal.Resume(Path, Identity);
        Assert.Equal(1, journal.Count);
    }

    [Fact]
    public void Damage_within_is_refused_with_its_line()
    {
        Begin(Batch(0, 0), Batch(1, 0));
        var lines = File.ReadAllLines(Path);
        // A digit of a margin, which would be believed without the hash.
        lines[1] = lines[1].Replace("another", "anotter");
        File.WriteAllText(Path, string.Join('\n', lines) + "\n");
        var fault = Assert.Throws<InputException>(() => EvaluationJournal.Resume(Path, Identity));
        Assert.Contains("line 2 is damaged", fault.Message);
        foreach (var text in (string[])["", "\n", "nothing of the kind\n", "\0\0\0\0"])
        {
            File.WriteAllText(Path, text, Encoding.UTF8);
            Assert.DoesNotContain('\n', Assert.Throws<InputException>(() => EvaluationJournal.Resume(Path, Identity)).Message);
        }
    }

    [Fact]
    public void Another_evaluation_is_refused_with_what_differs()
    {
        Begin(Batch(0, 0));
        var other = new EvaluationIdentity([["model", "a"], ["seed", "1"], ["quantize", "yes"]]);
        var fault = Assert.Throws<InputException>(() => EvaluationJournal.Resume(Path, other));
        Assert.Contains("seed 0, not 1; quantize unknown, not yes", fault.Message);
        // And nothing was lost by asking.
        using var journal = EvaluationJournal.Resume(Path, Identity);
        Assert.Equal(1, journal.Count);
    }

    [Fact]
    public void Two_share_it_and_the_first_result_stands()
    {
        using (var one = EvaluationJournal.Begin(Path, Identity))
        {
            Assert.False(one.IsShared);
            Assert.Contains("another process", Assert.Throws<InputException>(() => EvaluationJournal.Begin(Path, Identity)).Message);
            using var other = EvaluationJournal.Resume(Path, Identity);
            Assert.True(other.IsShared);
            one.Append(Batch(0, 0));
            Assert.Equal(Batch(0, 0).Rows, other.Append(Batch(0, 0) with { Rows = ["too late"] }).Rows);
            // As a process that was killed while it wrote leaves it.
            File.AppendAllText(Path, "0123456789abcdef {\"stage\":");
            other.Append(Batch(1, 0));
            Assert.Null(one.Find(1, 0));
            one.Refresh();
            Assert.Equal(Batch(1, 0).Rows, one.Find(1, 0)!.Rows);
        }
        Assert.Equal(3, File.ReadAllLines(Path).Length);
        Assert.Equal(["journal"], Directory.GetFileSystemEntries(made["new"]).Select(System.IO.Path.GetFileName));
    }

    [Fact]
    public void A_journal_that_another_takes_away_or_exchanges_is_missed()
    {
        Begin(Batch(0, 0));
        using var journal = EvaluationJournal.Resume(Path, Identity);
        var whole = File.ReadAllText(Path);
        File.WriteAllText(Path, whole[..^30]);
        Assert.Contains("has been replaced", Assert.Throws<InputException>(journal.Refresh).Message);
        File.Delete(Path);
        Assert.Contains("is missing", Assert.Throws<InputException>(() => journal.Append(Batch(1, 0))).Message);
    }

    [Fact]
    public void A_batch_that_a_suspended_process_has_claimed_is_computed_after_a_while()
    {
        using var journal = EvaluationJournal.Begin(Path, Identity);
        EvaluationStage Stage(CancellationToken stop) => new(journal, 1, [0, 4, 8], n => new BatchRecord(0, 0, 0, [$"{n}"]), stop)
        {
            Patience = TimeSpan.FromMilliseconds(30),
        };
        using var claim = journal.TryClaim(1, 0);
        using var source = new CancellationTokenSource();
        var stage = Stage(source.Token);
        Assert.Null(stage.TryGetOrCompute(0));
        Assert.Equal(["0"], stage.GetOrCompute(0).Rows);
        Assert.Equal([true, true, true], Enumerable.Range(0, 3).Select(stage.IsComputedHere));
        // It was not gone, only late.
        Assert.Equal(["0"], journal.Append(new BatchRecord(1, 0, 0, ["late"])).Rows);
        Assert.Equal([1, 1, 1], Enumerable.Range(0, 3).Select(n => journal.Find(1, 4 * n)!.Stage));

        using var another = journal.TryClaim(2, 0);
        var waiting = new EvaluationStage(journal, 2, [0], _ => throw new InvalidOperationException("claimed"), source.Token);
        source.CancelAfter(20);
        Assert.Throws<OperationCanceledException>(() => waiting.GetOrCompute(0));
    }
}
