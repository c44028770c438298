using System.CommandLine;
using System.Runtime.InteropServices;
using Arow.Runtime;

namespace Arow.Cli;

/// <summary><c>arow version</c>: what a report of a fault should say.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var command = new Command("version", "Show the versions of the program, libtorch and .NET, and the processor's instructions.");
        command.SetAction(_ =>
        {
            Write("arow", Provenance.Version);
            Write(".NET", RuntimeInformation.FrameworkDescription.Replace(".NET ", "", StringComparison.Ordinal));
            Write("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
            Write("processor", $"{ComputeEnvironment.Processor}, {Environment.ProcessorCount} cores");
            ArowRuntime.Initialize();
            Write("libtorch", $"{LibTorch.Version}{(TorchSharp.torch.cuda.is_available() ? ", with a GPU" : "")}");
            Write("instructions", ComputeEnvironment.Instructions);
            return 0;
        });
        return command;
    }

    private static void Write(string name, string value) => Console.WriteLine($"{name,-13}{value}");
}
