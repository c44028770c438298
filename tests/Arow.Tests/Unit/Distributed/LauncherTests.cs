using Arow.Distributed;

namespace Arow.Tests.Unit.Distributed;

public sealed class LauncherTests
{
    private static Launcher? Find(string environment) => Launcher.Find(Variables(environment).GetValueOrDefault);

    private static Dictionary<string, string> Variables(string environment) =>
        environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1]);

    [Theory]
    [InlineData("OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_LOCAL_RANK=1 PMIX_RANK=3", 3, 4, 1, "libmpi.so.40")]
    [InlineData("PMIX_RANK=1 SLURM_STEP_NUM_TASKS=2 SLURM_LOCALID=0 SLURM_NTASKS=8", 1, 2, 0, "libmpi.so.40")]
    [InlineData("PMI_RANK=2 PMI_SIZE=3 MPI_LOCALRANKID=2", 2, 3, 2, "libmpi.so.12 libmpich.so.12")]
    [InlineData("PMI_RANK=1 PMI_SIZE=2 SLURM_STEP_NUM_TASKS=2 SLURM_LOCALID=1", 1, 2, 1, "libmpi.so.12 libmpich.so.12")]
    public void A_launcher_is_known_by_its_variables(string environment, int rank, int size, int localRank, string libraries)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the libraries are others there");
        var launcher = Find(environment)!;
        Assert.Equal((rank, size, localRank, libraries),
            (launcher.Rank, launcher.Size, launcher.LocalRank, string.Join(' ', launcher.Libraries)));
    }

    /// <summary>The commands of a batch script have the variables of the job, but no step of it.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("SLURM_NTASKS=2 SLURM_PROCID=0")]
    [InlineData("SLURM_NTASKS=2 SLURM_STEP_NUM_TASKS=1 SLURM_PROCID=0")]
    [InlineData("OMPI_COMM_WORLD_SIZE=1 OMPI_COMM_WORLD_RANK=0")]
    [InlineData("OMPI_COMM_WORLD_SIZE=1 OMPI_COMM_WORLD_RANK=0 SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=1")]
    [InlineData("RANK=0 WORLD_SIZE=1")]
    [InlineData("RANK=eins WORLD_SIZE=2")]
    public void Whoever_was_started_alone_is_alone(string environment) => Assert.Null(Find(environment));

    /// <summary>Whoever is not the first leaves it to the first to report what all know, with any launcher.</summary>
    [Theory]
    [InlineData("", false, 1)]
    [InlineData("OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=0 PMIX_RANK=0", false, 2)]
    [InlineData("OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=1", true, 2)]
    [InlineData("PMI_RANK=1 PMI_SIZE=2", true, 2)]
    [InlineData("SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=1", true, 2)]
    [InlineData("SLURM_NTASKS=2 SLURM_PROCID=1", false, 1)]
    [InlineData("RANK=1 WORLD_SIZE=2", true, 2)]
    [InlineData("RANK=1", false, 1)]
    public void The_first_speaks_for_all(string environment, bool another, int size)
    {
        var launcher = Launcher.FindAny(Variables(environment).GetValueOrDefault);
        Assert.Equal((another, size), (launcher is { Rank: > 0 }, launcher?.Size ?? 1));
    }

    [Theory]
    [InlineData("SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=1 SLURM_NTASKS=2", "srun started 2 processes that do not know of each other; its option mpi")]
    [InlineData("RANK=0 WORLD_SIZE=4 LOCAL_RANK=0 MASTER_ADDR=here", "torchrun started 4 processes")]
    public void Launchers_without_MPI_are_refused(string environment, string says) =>
        Assert.Contains(says, Assert.Throws<InputException>(() => Find(environment)).Message);
}
