using Arow.Distributed;

namespace Arow.Cli;

/// <summary>A command that several processes run as one, if a launcher started them: the first one speaks for all.</summary>
internal static class ProcessJob
{
    /// <summary>Runs the command, which leaves the group when the common work is done.</summary>
    /// <param name="command">Returns the exit code.</param>
    public static int Run(Func<ProcessGroup, int> command)
    {
        const int Failed = 1, BadInput = 2;
        ProcessGroup group;
        try
        {
            group = Launcher.Find() is { } launcher ? ProcessGroup.Join(launcher) : ProcessGroup.Single;
        }
        catch (InputException) when (Launcher.StartedAnotherFirst())
        {
            // The first process reports it.
            return BadInput;
        }
        if (group.IsSingle) return command(group);
        var error = Console.Error;
        if (!group.IsFirst)
        {
            Console.SetError(TextWriter.Null);
            Console.SetOut(TextWriter.Null);
        }
        try
        {
            return command(group);
        }
        catch (Exception) when (group.HasLeft && group.IsFirst)
        {
            throw;
        }
        catch (OtherProcessException)
        {
            group.Leave();
            return BadInput;
        }
        catch (InputException fault) when (group.HasFailedTogether)
        {
            group.Leave();
            error.WriteLine($"arow: {fault.Message}");
            return BadInput;
        }
        catch (Exception fault)
        {
            // What fails in all processes is reported by the first, which then ends them.
            if (!group.IsFirst) Thread.Sleep(TimeSpan.FromSeconds(2));
            error.WriteLine($"arow: {group.Attribute(ErrorText.Describe(fault))}");
            group.Abort(fault is InputException ? BadInput : Failed);
            return Failed;
        }
    }
}
