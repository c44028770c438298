using System.Globalization;
using System.Text.RegularExpressions;

namespace Arow.EndToEnd;

/// <summary>Two processes train as one, which nothing happens to; made when it is first asked for.</summary>
public sealed class UnhurtRun : IDisposable
{
    /// <summary>With batch norm. Checkpoints after every step or two: what is disturbed is resumed within an epoch.</summary>
    internal const string Training = "train --dataset glyphs --model tiny-cnn --objective arow --attack-steps 2 --limit-train 200 --validation 40 "
        + "--limit-test 20 --test-attack clean --threads 1 --lr 0.02 --checkpoint-every 0.01 --epochs 12 --batch-size 32 --output";

    private readonly Lazy<string> folder;

    public UnhurtRun() => folder = new(() =>
    {
        Launched.Run(Arow, Launched.OpenMpi, $"{Training} unhurt").AssertDone();
        return Arow.File("unhurt");
    });

    internal Program Arow { get; } = new();

    internal string Folder => folder.Value;

    public void Dispose() => Arow.Dispose();
}

/// <summary>
/// Trainings of two processes that something happens to: the job ends by itself with a sentence, and a second start with <c>--resume</c> has
/// the bits of the run that nothing happened to. What waits for a deadline is for <c>.ci/cluster</c>.
/// </summary>
[Trait("kind", "cluster")]
public sealed partial class FaultsAmongProcesses(UnhurtRun unhurt) : IClassFixture<UnhurtRun>
{
    /// <summary>Seconds without an answer; more on a machine that does much else.</summary>
    private static readonly string Deadline = Environment.GetEnvironmentVariable("AROW_MPI_TIMEOUT") ?? "8";

    /// <summary>Seconds: of a process that waits in vain, asks whether others wait too and is ended by its launcher.</summary>
    private static readonly int InTime = 3 * int.Parse(Deadline, CultureInfo.InvariantCulture) + 5;

    private readonly Program arow = unhurt.Arow;

    [Theory(Explicit = true)]
    [InlineData(Launched.OpenMpi, 1)]
    [InlineData(Launched.Mpich, 0)]
    public void One_that_is_suspended_is_named(string launcher, int rank)
    {
        var folder = arow.File($"suspended-{rank}");
        var outcome = Disturb(launcher, folder, $"wait_for '{folder}/checkpoints/*.safetensors'; kill -STOP $(rank {rank} {folder})");
        AssertEnded(outcome);
        Assert.Contains($"arow: process {1 - rank} of 2: no answer from process {rank} on {Environment.MachineName} for {Deadline} s: suspended",
            Assert.Single(Told(outcome)));
        AssertResumed(folder);
    }

    [Fact]
    public void One_that_is_killed_ends_the_job_at_once()
    {
        var folder = arow.File("killed");
        var outcome = Disturb(Launched.OpenMpi, folder, $"wait_for '{folder}/checkpoints/*.safetensors'; kill -KILL $(rank 1 {folder})");
        AssertEnded(outcome);
        // As a run that is begun, it knows its options.
        AssertResumed(folder, "train --output");
    }

    [Theory(Explicit = true)]
    [InlineData("KILL")]
    [InlineData("STOP")]
    public void One_that_is_hurt_in_its_set_up_ends_the_job(string signal)
    {
        var folder = arow.File($"early-{signal}");
        var outcome = Disturb(Launched.OpenMpi, folder,
            $"while kill -0 $job 2> /dev/null; do one=$(rank 1 {folder}); [ -n \"$one\" ] && break; sleep 0.01; done; kill -{signal} $one");
        AssertEnded(outcome);
        if (signal == "STOP")
        {
            // Within MPI_Init, or in the first call after it. The other is woken up to be ended, and did not wait meanwhile.
            Assert.Matches($"^arow: process 0 of 2: (MPI has not started for {Deadline} s: not all of the 2 processes|no answer from process 1)",
                Assert.Single(Told(outcome)));
        }
        AssertResumed(folder);
    }

    /// <summary>
    /// Whether the launcher gets the signal, which MPICH's passes on to all, or one process. Open MPI's launcher passes it on after as many seconds
    /// as <c>odls_base_sigkill_timeout</c> says.
    /// </summary>
    [Theory(Explicit = true)]
    [InlineData(Launched.Mpich, "$(pgrep -P $job)")]
    [InlineData(Launched.OpenMpi, "$(rank 1 {0})")]
    public void A_stop_is_that_of_all_at_the_same_step(string launcher, string target)
    {
        var folder = arow.File($"stopped-{target[2]}");
        var outcome = Disturb(launcher, folder,
            $"wait_for '{folder}/checkpoints/*.safetensors'; kill -TERM {target.Replace("{0}", folder, StringComparison.Ordinal)}");
        // MPICH's launcher sometimes ends with 0 after a signal, whatever its processes end with.
        if (launcher == Launched.OpenMpi) Assert.NotEqual(0, outcome.ExitCode);
        Assert.Single(Told(outcome), line => line.Contains("stopped; the run is saved", StringComparison.Ordinal));
        AssertResumed(folder);
    }

    /// <summary>A disk of its own in a name space of its own, filled when the run is under way.</summary>
    [Fact(Explicit = true)]
    public void A_full_disk_of_the_first_is_told_by_it()
    {
        Assert.SkipUnless(arow.RunShell("unshare -m true").ExitCode == 0, "needs the right to mount");
        var command = Launched.Command(Launched.OpenMpi, $"{UnhurtRun.Training} small/full");
        Directory.CreateDirectory(arow.File("small"));
        File.WriteAllText(arow.File("full.sh"), $"""
            mount -t tmpfs -o size=8m tmpfs small
            {command} & job=$!
            for _ in $(seq 1200); do ls small/full/checkpoints/*.safetensors > /dev/null 2>&1 && break; sleep 0.05; done
            cat /dev/zero > small/filler 2> /dev/null
            wait $job; echo "ended with $?"
            rm small/filler
            cp -r small/full full
            """);
        var outcome = arow.RunShell("timeout -k 5 300 unshare -m bash -c '. ./full.sh' \"$0\"");
        Assert.Contains("ended with 1", outcome.Output);
        var told = Assert.Single(Told(outcome));
        Assert.StartsWith("arow: process 0 of 2: ", told);
        Assert.Contains("no space is left", told, StringComparison.Ordinal);
        AssertResumed(arow.File("full"));
    }

    /// <summary>Told once, whether the program is of another MPI than its launcher or has none.</summary>
    [Theory(Explicit = true)]
    [InlineData(Launched.OpenMpi, "libmpich.so.12", "the launcher started 2 processes, but libmpich.so.12 (MPICH) sees 1: it is of another MPI")]
    [InlineData(Launched.Mpich, "libmpi.so.40", "the launcher started 2 processes, but libmpi.so.40 (Open MPI) sees 1: it is of another MPI")]
    [InlineData(Launched.OpenMpi, "libnone.so", "libnone.so cannot be loaded")]
    public void The_library_of_another_launcher_is_told_once(string launcher, string library, string says)
    {
        using var own = new Program();
        own.Environment["AROW_MPI"] = library;
        var outcome = Launched.Run(own, launcher, $"{UnhurtRun.Training} foreign");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains(says, Assert.Single(Told(outcome)));
        Assert.False(Directory.Exists(own.File("foreign")));
    }

    /// <summary>By the first process of that machine, as which one of this machine passes here.</summary>
    [Fact(Explicit = true)]
    public void A_library_that_one_machine_lacks_is_told_by_it()
    {
        using var own = new Program();
        var command = Launched.Command(Launched.OpenMpi, "").Replace("\"$0\" ", "sh -c '[ $OMPI_COMM_WORLD_RANK = 0 ] || "
            + $"export AROW_MPI=libnone.so OMPI_COMM_WORLD_LOCAL_RANK=0; exec \"$0\" {UnhurtRun.Training} run' \"$0\"", StringComparison.Ordinal);
        var outcome = own.RunShell($"timeout -k 5 300 {command}");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("arow: process 1 of 2: a launcher of MPI started 2 processes, but libnone.so cannot be loaded; AROW_MPI names the library to use",
            Told(outcome));
        Assert.False(Directory.Exists(own.File("run")));
    }

    /// <summary>The commands of a batch script have the variables of its job, and are alone.</summary>
    [Fact]
    public void A_command_of_a_batch_script_trains_alone()
    {
        using var own = new Program();
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("SLURM_JOB_ID", "7"), ("SLURM_NTASKS", "2"), ("SLURM_PROCID", "0")])
            own.Environment[name] = value;
        own.Run("train", "--dataset", "glyphs", "--model", "tiny-cnn", "--objective", "standard", "--limit-train", "80", "--limit-test", "20",
            "--epochs", "1", "--batch-size", "40", "--test-attack", "clean", "--threads", "1", "--output", "run").AssertDone();
        Assert.DoesNotContain("\"processes\"", File.ReadAllText(own.File("run/run.json")));
    }

    private Outcome Disturb(string launcher, string folder, string meanwhile)
    {
        arow.Environment["AROW_MPI_TIMEOUT"] = Deadline;
        try
        {
            return Launched.Disturb(arow, Launched.Command(launcher, $"{UnhurtRun.Training} {folder}"), meanwhile);
        }
        finally
        {
            arow.Environment.Remove("AROW_MPI_TIMEOUT");
        }
    }

    /// <summary>What was said but for the two warnings of a run so short, and that its page cannot be written.</summary>
    private static IEnumerable<string> Told(Outcome outcome) => outcome.Error.Split('\n')
        .Where(line => line.StartsWith("arow: ", StringComparison.Ordinal) && !Warnings().IsMatch(line)).Select(line => line.TrimEnd('\r'));

    private static void AssertEnded(Outcome outcome)
    {
        var took = int.Parse(Seconds().Match(outcome.Output).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(outcome.ExitCode != 0 && took <= InTime, $"exit {outcome.ExitCode} after {took} s: {outcome.Error}");
    }

    private void AssertResumed(string folder, string command = UnhurtRun.Training)
    {
        Launched.Run(arow, Launched.OpenMpi, $"{command} {folder} --resume").AssertDone();
        foreach (var file in (string[])["weights.safetensors", "evaluation/rows.tsv"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(unhurt.Folder, file)), File.ReadAllBytes(Path.Combine(folder, file)));
    }

    [GeneratedRegex("a short run of|too few to learn|report.html: cannot be written")]
    private static partial Regex Warnings();

    [GeneratedRegex("took (\\d+)")]
    private static partial Regex Seconds();
}
