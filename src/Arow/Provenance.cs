using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Arow;

/// <summary>What a number came from, apart from its options: versions and the machine.</summary>
public static class Provenance
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
        ["processor"] = Processor,
        ["cores"] = Environment.ProcessorCount,
        ["threads"] = get_num_threads(),
    };

    private static string Processor
    {
        get
        {
            const string Cpu = "/proc/cpuinfo";
            if (!File.Exists(Cpu)) return RuntimeInformation.ProcessArchitecture.ToString();
            var model = File.ReadLines(Cpu).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
            return model?.Split(':')[^1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        }
    }
}
