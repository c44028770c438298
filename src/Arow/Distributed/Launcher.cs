using System.Globalization;

namespace Arow.Distributed;

/// <summary>The job that a launcher such as <c>mpirun</c> or <c>srun</c> started this process in, as the environment tells it.</summary>
/// <param name="Rank">The number of this process, from 0.</param>
/// <param name="Size">The number of processes.</param>
/// <param name="LocalRank">The number of this process among those on its machine, from 0.</param>
/// <param name="Libraries">Names of MPI libraries of the launcher's kind, in order of preference.</param>
internal sealed record Launcher(int Rank, int Size, int LocalRank, IReadOnlyList<string> Libraries)
{
    private static readonly string[] OpenMpi = ["libmpi.so.40"];

    /// <summary>MPICH and its kin: Intel MPI, MVAPICH, Cray MPICH; on Windows MS-MPI.</summary>
    private static readonly string[] Mpich = OperatingSystem.IsWindows() ? ["msmpi.dll"] : ["libmpi.so.12", "libmpich.so.12"];

    /// <summary>
    /// Whether this is one of several processes and not the first of them, by the variables of any launcher: what all know is then for
    /// the first to report. Known before the processes meet, and where they do not.
    /// </summary>
    /// <param name="environment">Returns environment variables, by default those of this process.</param>
    public static bool StartedAnotherFirst(Func<string, string?>? environment = null) => FindRank(environment) > 0;

    /// <summary>The number of this process by the variables of any launcher, with MPI or without; 0 if it is alone.</summary>
    /// <param name="environment">Returns environment variables, by default those of this process.</param>
    public static int FindRank(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        string[] variables = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", .. Number("SLURM_STEP_NUM_TASKS") is > 1 ? ["SLURM_PROCID"] : (string[])[],
            .. Number("WORLD_SIZE") is > 1 ? ["RANK"] : (string[])[]];
        return variables.Select(Number).FirstOrDefault(rank => rank is not null) ?? 0;

        int? Number(string name) => ReadNumber(environment, name);
    }

    /// <summary>The number of processes by the variables of any launcher, with MPI or without; 1 for one alone.</summary>
    /// <param name="environment">Returns environment variables, by default those of this process.</param>
    public static int FindSize(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        string[] variables = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", "WORLD_SIZE"];
        return variables.Select(name => ReadNumber(environment, name)).FirstOrDefault(size => size is not null) ?? 1;
    }

    /// <summary>Finds the launcher; null if this process was started alone.</summary>
    /// <param name="environment">Returns environment variables, by default those of this process.</param>
    /// <exception cref="InputException">Several processes were started by a launcher without MPI.</exception>
    public static Launcher? Find(Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        if (Number("OMPI_COMM_WORLD_SIZE") is { } openMpi)
            return Create(Number("OMPI_COMM_WORLD_RANK"), openMpi, Number("OMPI_COMM_WORLD_LOCAL_RANK"), OpenMpi);
        // Only variables of the step count: the commands of a batch script have those of the job too, and are alone.
        var step = Number("SLURM_STEP_NUM_TASKS");
        if (Number("PMIX_RANK") is { } pmix) return Create(pmix, step, Number("SLURM_LOCALID"), OpenMpi);
        if (Number("PMI_RANK") is { } pmi)
            return Create(pmi, Number("PMI_SIZE") ?? step, Number("MPI_LOCALRANKID") ?? Number("SLURM_LOCALID"), Mpich);
        if (step > 1)
        {
            throw new InputException($"srun started {step} processes that do not know of each other; "
                + "its option mpi makes them one job: pmix with Open MPI, pmi2 with MPICH");
        }
        if (step is null && Number("RANK") is not null && Number("WORLD_SIZE") is > 1 and var workers)
            throw new InputException($"torchrun started {workers} processes; they join by MPI here, as mpirun and srun start them");
        return null;

        int? Number(string name) => ReadNumber(environment, name);

        static Launcher? Create(int? rank, int? size, int? localRank, string[] libraries) =>
            size > 1 ? new Launcher(rank ?? 0, size.Value, localRank ?? rank ?? 0, libraries) : null;
    }

    private static int? ReadNumber(Func<string, string?> environment, string name) =>
        int.TryParse(environment(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
