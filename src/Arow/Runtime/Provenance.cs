using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Arow.Runtime;

/// <summary>The origin of results apart from options: versions and the machine.</summary>
internal static class Provenance
{
    /// <summary>Arow's version.</summary>
    public static string Version =>
        typeof(Provenance).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Versions and the machine as JSON.</summary>
    public static JsonObject ToJson() => new()
    {
        ["arow"] = Version,
        ["torchsharp"] = typeof(torch).Assembly.GetName().Version?.ToString(3),
        ["libtorch"] = LibTorch.Version,
        ["dotnet"] = RuntimeInformation.FrameworkDescription,
        ["system"] = RuntimeInformation.OSDescription,
        ["processor"] = ComputeEnvironment.Processor,
        ["instructions"] = ComputeEnvironment.Instructions,
        ["cores"] = Environment.ProcessorCount,
        ["threads"] = get_num_threads(),
    };
}
