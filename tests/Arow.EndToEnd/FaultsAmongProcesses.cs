using static Arow.EndToEnd.Infra.DisturbedRun;

namespace Arow.EndToEnd;

/// <summary>
/// Trainings of two processes that something happens to: the job ends by itself with a sentence, and a second start with <c>--resume</c> has
/// the bits of the run that nothing happened to. Explicit ones are for <c>.ci/cluster</c>.
/// </summary>
[Trait("kind", "cluster")]
public sealed class FaultsAmongProcesses(UnhurtRun unhurt) : IDisposable
{
    private readonly DisturbedRun run = new(unhurt);

    public void Dispose() => run.Dispose();

    [Fact]
    public void One_that_is_killed_ends_the_job_at_once()
    {
        var outcome = run.Disturb(Launched.OpenMpi, $"wait_for '{run.Folder}/checkpoints/*.safetensors'; kill -KILL $(rank 1 {run.Folder})");
        AssertEnded(outcome);
        // As a run that is begun, it knows its options.
        run.AssertResumed("train --output");
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
        var outcome = run.Disturb(launcher,
            $"wait_for '{run.Folder}/checkpoints/*.safetensors'; kill -TERM {target.Replace("{0}", run.Folder, StringComparison.Ordinal)}");
        // MPICH's launcher sometimes ends with 0 after a signal, whatever its processes end with.
        if (launcher == Launched.OpenMpi) Assert.NotEqual(0, outcome.ExitCode);
        Assert.Single(Told(outcome), line => line.Contains("stopped; the run is saved", StringComparison.Ordinal));
        run.AssertResumed();
    }

    /// <summary>A disk of its own in a name space of its own, filled when the run is under way.</summary>
    [Fact(Explicit = true)]
    public void A_full_disk_of_the_first_is_told_by_it()
    {
        var arow = run.Arow;
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
            cp -r small/full disturbed
            """);
        var outcome = arow.RunShell("timeout -k 5 300 unshare -m bash -c '. ./full.sh' \"$0\"");
        Assert.Contains("ended with 1", outcome.Output);
        var told = Assert.Single(Told(outcome));
        Assert.StartsWith("arow: process 0 of 2: ", told);
        Assert.Contains("no space is left", told, StringComparison.Ordinal);
        run.AssertResumed();
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
}
