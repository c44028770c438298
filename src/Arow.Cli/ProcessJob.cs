using System.Diagnostics;
using Arow.Data;
using Arow.Distributed;

namespace Arow.Cli;

/// <summary>A command that several processes run as one, if a launcher started them: the first one speaks for all.</summary>
internal static class ProcessJob
{
    private const int Failed = 1, BadInput = 2;

    /// <summary>Runs a command that is one computation of all processes, and that leaves the group when the common work is done.</summary>
    /// <param name="command">Returns the exit code.</param>
    public static int Run(Func<ProcessGroup, int> command)
    {
        Launcher? launcher;
        try
        {
            launcher = Launcher.Find();
        }
        catch (InputException fault)
        {
            OneVoice.SayForAll($"arow: {fault.Message}");
            return BadInput;
        }
        return launcher is null ? command(ProcessGroup.Single) : Run(launcher, command);
    }

    /// <summary>
    /// Runs a command whose work processes share through a folder. Those of an MPI launcher do so by themselves if all were given the same
    /// command; the first starts it, the others join and are silent.
    /// </summary>
    /// <param name="commandLine">The command line.</param>
    /// <param name="command">Returns the exit code. With a group of several it must make them leave the job before the work.</param>
    public static int Share(IEnumerable<string> commandLine, Func<ProcessGroup, int> command)
    {
        Launcher? launcher;
        try
        {
            launcher = Launcher.Find();
        }
        catch (InputException)
        {
            // Processes that srun or torchrun started without MPI need none: each may have work of its own, or join with --resume.
            launcher = null;
        }
        if (launcher is null) return command(ProcessGroup.Single);
        var (output, error) = (Console.Out, Console.Error);
        return Run(launcher, group =>
        {
            if (group.IsSame(string.Join('\n', commandLine)))
            {
                var code = command(group);
                // A launcher ends the job at the first process with another exit code, and the first one may still have to tell the results.
                return group.IsFirst ? code : 0;
            }
            group.Leave();
            Console.SetOut(output);
            Console.SetError(error);
            return command(ProcessGroup.Single);
        });
    }

    /// <summary>Waits until a process with a lower number has had the time to speak and to end the job.</summary>
    /// <param name="rank">The number of this process.</param>
    public static void Wait(int rank) => Thread.Sleep(TimeBefore(rank));

    /// <summary>The time that processes with a lower number have to speak.</summary>
    /// <param name="rank">The number of this process.</param>
    public static TimeSpan TimeBefore(int rank)
    {
        const int Seconds = 2, Longest = 20;
        return TimeSpan.FromSeconds(Math.Min(Seconds * rank, Longest));
    }

    private static int Run(Launcher launcher, Func<ProcessGroup, int> command)
    {
        var error = Console.Error;
        ProcessGroup group;
        if (launcher.Rank > 0)
        {
            Console.SetError(TextWriter.Null);
            Console.SetOut(TextWriter.Null);
        }
        try
        {
            group = ProcessGroup.Join(launcher, Lost);
        }
        catch (Exception fault) when (launcher.Rank > 0)
        {
            // Where the first sees the same, it says so, and most launchers end the others.
            Wait(launcher.Rank + 1);
            // A library may be missing on one machine only: the first process there says so.
            if (fault is not InputException || launcher.LocalRank == 0) error.WriteLine($"arow: {Attribute(ErrorText.Describe(fault))}");
            return fault is InputException ? BadInput : Failed;
        }
        // Processes that wait for each other stop together, between two steps.
        ReadingProgress.Stop = CancellationToken.None;
        try
        {
            return command(group);
        }
        catch (Exception fault) when (group.HasLeft && (group.IsFirst || Console.Error == error || fault is OperationCanceledException))
        {
            throw;
        }
        catch (Exception fault) when (group.HasLeft)
        {
            error.WriteLine($"arow: {group.Attribute(ErrorText.Describe(fault))}");
            return fault is InputException ? BadInput : Failed;
        }
        catch (OtherProcessException)
        {
            group.Leave();
            return BadInput;
        }
        catch (InputException fault) when (group.HasFailedTogether)
        {
            // Said before any of them can end: a launcher ends all at the first that does.
            error.WriteLine($"arow: {fault.Message}");
            group.Leave();
            return BadInput;
        }
        catch (Exception fault)
        {
            // What fails in all processes is reported by the first, which then ends them.
            Wait(group.Rank);
            // Nor does it tell how the launcher ends it.
            Console.SetError(TextWriter.Null);
            error.WriteLine($"arow: {group.Attribute(ErrorText.Describe(fault))}");
            group.Abort(fault is InputException ? BadInput : Failed);
            return Failed;
        }

        void Lost(string sentence)
        {
            // Several may see it; the first that does speaks.
            Wait(launcher.Rank);
            error.WriteLine($"arow: {Attribute(sentence)}");
            // Nothing else ends a process that is within a call of MPI.
            Process.GetCurrentProcess().Kill();
        }

        string Attribute(string sentence) => $"process {launcher.Rank} of {launcher.Size}: {sentence}";
    }
}
