using System.Globalization;

namespace Arow.Distributed;

/// <summary>The job that a launcher such as <c>mpirun</c> or <c>srun</c> started this process in, as the environment tells it.</summary>
/// <param name="Rank">The number of this process, from 0.</param>
/// <param name="Size">The number of processes.</param>
/// <param name="LocalRank">The number of this process among those on its machine, from 0.</param>
/// <param name="Libraries">Names of MPI libraries of the launcher's kind, in order of preference.</param>
internal sealed record Launcher(int Rank, int Size, int LocalRank, IReadOnlyList<string> Libraries)
{
    /// <summary>The processes of a step of Slurm. Commands of a batch script have only variables of the job: they are alone.</summary>
    private const string StepSize = "SLURM_STEP_NUM_TASKS";

    private static readonly string[] OpenMpi = ["libmpi.so.40"];

    /// <summary>MPICH and its kin: Intel MPI, MVAPICH, Cray MPICH; on Windows MS-MPI.</summary>
    private static readonly string[] Mpich = OperatingSystem.IsWindows() ? ["msmpi.dll"] : ["libmpi.so.12", "libmpich.so.12"];

    /// <summary>The innermost first: a launcher may have been started by another.</summary>
    private static readonly Kind[] Kinds =
    [
        new("OMPI_COMM_WORLD_RANK", ["OMPI_COMM_WORLD_SIZE"], ["OMPI_COMM_WORLD_LOCAL_RANK"]) { Libraries = OpenMpi },
        new("PMIX_RANK", [StepSize], ["SLURM_LOCALID"]) { Libraries = OpenMpi },
        new("PMI_RANK", ["PMI_SIZE", StepSize], ["MPI_LOCALRANKID", "SLURM_LOCALID"]) { Libraries = Mpich },
        new("SLURM_PROCID", [StepSize], ["SLURM_LOCALID"])
        {
            Refuse = size => $"srun started {size} processes that do not know of each other; "
                + "its option mpi makes them one job: pmix with Open MPI, pmi2 with MPICH",
        },
        new("RANK", ["WORLD_SIZE"], ["LOCAL_RANK"])
        {
            Refuse = size => $"torchrun started {size} processes; they join by MPI here, as mpirun and srun start them",
        },
    ];

    /// <summary>Finds the launcher; null if this process was started alone.</summary>
    /// <param name="environment">Returns environment variables, by default those of this process.</param>
    /// <exception cref="InputException">Several processes were started by a launcher without MPI.</exception>
    public static Launcher? Find(Func<string, string?>? environment = null)
    {
        if (Match(environment) is not var (kind, launcher)) return null;
        return kind.Refuse is null ? launcher : throw new InputException(kind.Refuse(launcher.Size));
    }

    /// <summary>
    /// Finds the launcher, with MPI or without; null if this process was started alone. It is known before the processes meet, and where they
    /// do not.
    /// </summary>
    /// <param name="environment">Returns environment variables, by default those of this process.</param>
    public static Launcher? FindAny(Func<string, string?>? environment = null) => Match(environment)?.Launcher;

    private static (Kind Kind, Launcher Launcher)? Match(Func<string, string?>? environment)
    {
        environment ??= Environment.GetEnvironmentVariable;
        foreach (var kind in Kinds)
        {
            if (Read(kind.Rank) is not { } rank || Read(kind.Size) is not { } size) continue;
            return size > 1 ? (kind, new Launcher(rank, size, Read(kind.LocalRank) ?? rank, kind.Libraries)) : null;
        }
        return null;

        int? Read(params string[] names) => names.Select(name => ReadNumber(environment, name)).FirstOrDefault(number => number is not null);
    }

    private static int? ReadNumber(Func<string, string?> environment, string name) =>
        int.TryParse(environment(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The variables by which a kind of launcher numbers its processes; of several for a number, the first that is set.</summary>
    /// <param name="Rank">The number of a process, from 0.</param>
    /// <param name="Size">The number of processes.</param>
    /// <param name="LocalRank">The number of a process among those on its machine.</param>
    private sealed record Kind(string Rank, string[] Size, string[] LocalRank)
    {
        /// <summary>MPI libraries of its kind; none for a launcher without MPI.</summary>
        public string[] Libraries { get; init; } = [];

        /// <summary>Why as many processes of a launcher without MPI are refused.</summary>
        public Func<int, string>? Refuse { get; init; }
    }
}
