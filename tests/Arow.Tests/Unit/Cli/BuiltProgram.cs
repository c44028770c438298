using System.Diagnostics;
using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

/// <summary>The program that is built beside the tests.</summary>
internal static class BuiltProgram
{
    /// <summary>Its hidden command, with the memory of a small machine.</summary>
    /// <param name="folder">Where it runs.</param>
    public static ProcessStartInfo Trial(string folder)
    {
        // artifacts/bin/Arow.Tests/<configuration>/ beside artifacts/bin/Arow.Cli/<configuration>/arow
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var program = Path.Combine(own.Parent!.Parent!.FullName, "Arow.Cli", own.Name, OperatingSystem.IsWindows() ? "arow.exe" : "arow");
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder, ArgumentList = { ModelTrial.Verb } };
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x80000000";
        start.Environment["OMP_NUM_THREADS"] = "1";
        return start;
    }
}
