using System.Diagnostics;

namespace Arow.Faults.Kills;

/// <summary>A command that is killed.</summary>
/// <param name="Name">For the table and <c>--only</c>.</param>
/// <param name="Command">From the place that it writes to the process that does the work.</param>
internal sealed record Victim(string Name, Func<string, ProcessStartInfo> Command)
{
    /// <summary>The ending of what it writes, where that is a file.</summary>
    public string Ending { get; init; } = "";

    /// <summary>Whether it goes on with what a killed one left; what does not leaves nothing unless it is whole.</summary>
    public bool Resumes { get; init; } = true;

    /// <summary>How many of it work on one output at a time.</summary>
    public int Processes { get; init; } = 1;

    /// <summary>The ending of a folder beside the output that stays; empty for none.</summary>
    public string Beside { get; init; } = "";

    /// <summary>Whether the command is a launcher: one of the processes that it started is killed, and it ends the others in its own way.</summary>
    public bool IsLauncher { get; init; }

    /// <summary>The part of what it leaves that is promised to be the same, below its output; empty for all.</summary>
    public string Part { get; init; } = "";

    /// <summary>Whether CI has time for it.</summary>
    public bool Small { get; init; } = true;
}
