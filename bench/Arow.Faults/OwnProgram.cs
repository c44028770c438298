using System.Diagnostics;

namespace Arow.Faults;

/// <summary>This program once more, for work that may end its process.</summary>
internal static class OwnProgram
{
    public static ProcessStartInfo Command(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        // Run as "dotnet Arow.Faults.dll", the program is the host.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(typeof(OwnProgram).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["OMP_NUM_THREADS"] = "1";
        return start;
    }
}
