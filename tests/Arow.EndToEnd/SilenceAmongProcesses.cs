using static Arow.EndToEnd.Infra.DisturbedRun;

namespace Arow.EndToEnd;

/// <summary>
/// Trainings of two processes of which one no longer answers, which only a deadline sees: the job ends by itself with a sentence, and is
/// resumed to the bits of one that nothing happened to. For <c>.ci/cluster</c>.
/// </summary>
[Trait("kind", "cluster")]
public sealed class SilenceAmongProcesses(UnhurtRun unhurt) : IDisposable
{
    private readonly DisturbedRun run = new(unhurt);

    public void Dispose() => run.Dispose();

    [Theory(Explicit = true)]
    [InlineData(Launched.OpenMpi, 1)]
    [InlineData(Launched.Mpich, 0)]
    public void One_that_is_suspended_is_named(string launcher, int rank)
    {
        var outcome = run.Disturb(launcher, $"wait_for '{run.Folder}/checkpoints/*.safetensors'; kill -STOP $(rank {rank} {run.Folder})");
        AssertEnded(outcome);
        Assert.Contains($"arow: process {1 - rank} of 2: no answer from process {rank} on {Environment.MachineName} for {Deadline} s: suspended",
            Assert.Single(Told(outcome)));
        run.AssertResumed();
    }

    [Theory(Explicit = true)]
    [InlineData("KILL")]
    [InlineData("STOP")]
    public void One_that_is_hurt_in_its_set_up_ends_the_job(string signal)
    {
        var outcome = run.Disturb(Launched.OpenMpi,
            $"while kill -0 $job 2> /dev/null; do one=$(rank 1 {run.Folder}); [ -n \"$one\" ] && break; sleep 0.01; done; kill -{signal} $one");
        AssertEnded(outcome);
        if (signal == "STOP")
        {
            // Within MPI_Init, or in the first call after it. The other is woken up to be ended, and did not wait meanwhile.
            Assert.Matches($"^arow: process 0 of 2: (MPI has not started for {Deadline} s: not all of the 2 processes|no answer from process 1)",
                Assert.Single(Told(outcome)));
        }
        run.AssertResumed();
    }
}
