using System.Diagnostics;
using Arow.Cli;

namespace Arow.Faults;

/// <summary>The built program.</summary>
internal static class BuiltProgram
{
    private static readonly string Executable = Find();

    /// <summary>A command of it, with one thread: what runs beside it is to be kept from no core.</summary>
    /// <param name="folder">Where it runs.</param>
    /// <param name="arguments">The command line.</param>
    public static ProcessStartInfo Command(string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Executable) { WorkingDirectory = folder };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["OMP_NUM_THREADS"] = "1";
        return start;
    }

    /// <summary>Its hidden command that opens models, with the memory of a small machine.</summary>
    /// <param name="folder">Where it runs.</param>
    public static ProcessStartInfo Trial(string folder)
    {
        var start = Command(folder, ModelTrial.Verb);
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x80000000";
        return start;
    }

    private static string Find()
    {
        // artifacts/bin/<this project>/<configuration>/ beside artifacts/bin/Arow.Cli/<configuration>/arow
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(own.Parent!.Parent!.FullName, "Arow.Cli", own.Name, OperatingSystem.IsWindows() ? "arow.exe" : "arow");
    }
}
