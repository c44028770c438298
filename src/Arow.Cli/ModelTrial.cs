using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Arow.Checkpoints;
using Arow.Models;
using Arow.Onnx;
using static TorchSharp.torch;

namespace Arow.Cli;

/// <summary>
/// Opens a model in a process of its own, this program again with a hidden command. libtorch ends the process on some
/// damaged TorchScript files, where its wrapper does not catch what is thrown, and a file may be made to take all memory
/// or never to end: the user then gets a line, and not a crash.
/// </summary>
internal static class ModelTrial
{
    private const string Verb = "try-model";
    private const string Answer = "arow-trial: ";
    private const string Good = "good";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private sealed record Request(
        string Path, int Channels, int Height, int Width, int Classes, string? Device, IReadOnlyList<double>? Mean, IReadOnlyList<double>? Std);

    /// <summary>Throws what comes of opening a model.</summary>
    public static void Run(ModelSource source)
    {
        var request = new Request(
            Path.GetFullPath(source.Path), source.Input.Channels, source.Input.Height, source.Input.Width, source.Classes,
            source.Device?.ToString(), source.Normalization?.Mean, source.Normalization?.Std);
        using var process = Process.Start(Self())!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        using (var given = process.StandardInput) given.WriteLine(JsonSerializer.Serialize(request));
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            throw new InputException($"{source.Path}: is not opened within {Patience.TotalMinutes} minutes");
        }
        var answer = output.Result.Split('\n').LastOrDefault(line => line.StartsWith(Answer, StringComparison.Ordinal))?[Answer.Length..];
        if (answer == Good) return;
        throw new InputException(answer?.Replace(request.Path, source.Path) ?? $"{source.Path}: {Crash(error.Result, process.ExitCode)}");
    }

    /// <summary>The hidden command: a request a line on standard input, an answer a line on standard output.</summary>
    public static Command Create()
    {
        var command = new Command(Verb, "Open models that are named on standard input.") { Hidden = true };
        command.SetAction(_ =>
        {
            LimitProcess();
            LibTorch.Load();
            while (Console.ReadLine() is { } line)
            {
                Console.WriteLine(Answer + Try(JsonSerializer.Deserialize<Request>(line)!));
                Console.Out.Flush();
            }
            return 0;
        });
        return command;
    }

    private static string Try(Request request)
    {
        var source = new ModelSource(request.Path, new InputShape(request.Channels, request.Height, request.Width), request.Classes)
        {
            Device = request.Device is { } name ? device(name) : null,
            Normalization = request is { Mean: { } mean, Std: { } std } ? new Normalization(mean, std) : null,
            Onnx = OnnxModel.Open,
        };
        try
        {
            ModelFile.Open(source).Dispose();
            return Good;
        }
        catch (InputException fault)
        {
            return fault.Message.ReplaceLineEndings(" ");
        }
        catch (Exception fault) when (fault is not LibTorchException)
        {
            return $"{request.Path}: cannot be opened: {FirstImages.Reason(fault)}";
        }
    }

    private static ProcessStartInfo Self()
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        // Run as "dotnet Arow.Cli.dll", the program is the host.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        start.ArgumentList.Add(Verb);
        return start;
    }

    private static string Crash(string error, int exitCode)
    {
        var lines = error.Split('\n').Select(line => line.Trim()).ToList();
        var at = lines.FindIndex(line => line.StartsWith("what():", StringComparison.Ordinal));
        var why = at < 0 ? null : lines.Skip(at).Select(line => line.StartsWith("what():", StringComparison.Ordinal) ? line[7..].Trim() : line)
            .FirstOrDefault(line => line.Length > 0);
        return $"brings down the library that reads it ({why ?? $"exit code {exitCode}"})";
    }

    /// <summary>No core dump, and an allocation that fails before the system has no memory left.</summary>
    private static void LimitProcess()
    {
        const int Data = 2, Core = 4;
        if (!OperatingSystem.IsLinux()) return;
        var most = (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10 * 8;
        _ = SetLimit(Core, [0, 0]);
        _ = SetLimit(Data, [most, most]);
    }

    [DllImport("libc", EntryPoint = "setrlimit")]
    private static extern int SetLimit(int resource, ulong[] limits);
}
