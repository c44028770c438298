using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Arow.Checkpoints;
using Arow.Runtime;

namespace Arow.Cli;

/// <summary>
/// Opens a model in a separate process, this program with a hidden command. libtorch ends the process on some
/// damaged TorchScript files, where its wrapper does not catch the exception, and a file may be made to take all memory
/// or never to end: the user then gets an error message instead of a crash.
/// </summary>
internal static class ModelTrial
{
    public const string Verb = "try-model";

    /// <summary>libtorch's threads also use processor time while they wait for each other.</summary>
    private static readonly TimeLimit Limit = new(Processor: TimeSpan.FromMinutes(5) * Environment.ProcessorCount, Clock: TimeSpan.FromMinutes(15));

    /// <summary>Opens a model in the other process and throws if that fails.</summary>
    public static void Run(ModelSource source)
    {
        using var process = new TrialProcess(CurrentProgram(), Limit);
        process.Try(source);
    }

    /// <summary>The hidden command: one request a line on standard input, one answer a line on standard output.</summary>
    public static Command Create()
    {
        var command = new Command(Verb, "Open models that are named on standard input.") { Hidden = true };
        command.SetAction(_ =>
        {
            LimitProcess();
            ArowRuntime.Initialize();
            while (Console.ReadLine() is { } line)
            {
                var request = JsonSerializer.Deserialize<TrialRequest>(line)!;
                Console.WriteLine(request.Mark + request.Execute());
                Console.Out.Flush();
            }
            return 0;
        });
        return command;
    }

    private static ProcessStartInfo CurrentProgram()
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program);
        // When run as "dotnet Arow.Cli.dll", the program is the host.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        start.ArgumentList.Add(Verb);
        return start;
    }

    /// <summary>Disables core dumps and limits memory, so that an allocation fails before the system runs out.</summary>
    private static void LimitProcess()
    {
        const int Data = 2, Core = 4;
        if (!OperatingSystem.IsLinux()) return;
        // DOTNET_GCHeapHardLimit lowers it.
        var most = (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10 * 8;
        _ = SetLimit(Core, [0, 0]);
        _ = SetLimit(Data, [most, most]);
    }

    [DllImport("libc", EntryPoint = "setrlimit")]
    private static extern int SetLimit(int resource, ulong[] limits);
}
