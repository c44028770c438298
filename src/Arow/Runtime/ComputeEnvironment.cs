using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using System.Text.Json.Serialization;
using Arow.Options;

namespace Arow.Runtime;

/// <summary>
/// The conditions that decide the last bits of a result besides its inputs: other instructions, thread counts and
/// versions of libtorch sum in another order.
/// </summary>
/// <param name="LibTorch">The version of libtorch.</param>
/// <param name="Device">The device: <c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Model">The model of the processor: libraries choose block sizes by its caches.</param>
/// <param name="InstructionSets">The instructions in use: see <see cref="Instructions"/>.</param>
/// <param name="Threads">The number of intra-op threads of libtorch.</param>
internal sealed record ComputeEnvironment(
    [property: JsonPropertyName("libtorch")] string LibTorch,
    [property: JsonPropertyName("device")] string Device,
    [property: JsonPropertyName("processor")] string Model,
    [property: JsonPropertyName("instructions")] string InstructionSets,
    [property: JsonPropertyName("threads")] int Threads)
{
    /// <summary>The names of devices.</summary>
    public static readonly IReadOnlyList<string> Devices = ["cpu", "cuda"];

    /// <summary>Environment variables that limit the instructions of the libraries within libtorch, or change their order of sums.</summary>
    private static readonly string[] Limits =
        ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS"];

    /// <summary>CPUID leaf 7, subleaf 1: AVX512-BF16 in bit 5 of EAX; subleaf 0: AMX-BF16 in bit 22 of EDX.</summary>
    internal static bool ProcessorHasBFloat16 { get; } = X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7
        && ((X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0 || (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0);

    /// <summary>The model of the processor, as the operating system reports it.</summary>
    public static string Processor
    {
        get
        {
            const string Cpu = "/proc/cpuinfo";
            if (!File.Exists(Cpu)) return RuntimeInformation.ProcessArchitecture.ToString();
            var model = File.ReadLines(Cpu).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
            return model?.Split(':')[^1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        }
    }

    /// <summary>
    /// Instructions in use: "AVX512, bfloat16, FMA", and the environment variables that limit the libraries within libtorch.
    /// </summary>
    public static string Instructions => string.Join(", ", (IEnumerable<string>)
    [
        Arow.Runtime.LibTorch.CpuCapability,
        .. ProcessorHasBFloat16 ? (string[])["bfloat16"] : [],
        // .NET's vector width is left out: its loops sum in the same order at any width. Rounding differs without FMA.
        .. Fma.IsSupported ? (string[])["FMA"] : [],
        .. Limits.Where(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 })
            .Select(name => $"{name}={Environment.GetEnvironmentVariable(name)}"),
    ]);

    /// <summary>Describes that batches of shared or resumed work were computed in an environment with differences.</summary>
    internal static string DescribeElsewhere(string difference) =>
        $"some batches were computed with {difference}, which it started with: margins may differ in their last digits";

    /// <summary>Returns the environment of this process.</summary>
    /// <param name="device">The device of the computation.</param>
    public static ComputeEnvironment Current(DeviceType device) =>
        new(Arow.Runtime.LibTorch.Version, EnumName.ToName(device), Processor, Instructions, get_num_threads());

    /// <summary>Describes the differences from another environment, as "threads 2, not 1"; null if there are none.</summary>
    /// <param name="other">The other environment.</param>
    public string? DifferenceFrom(ComputeEnvironment other)
    {
        (string Name, string Own, string Other)[] values =
        [
            ("libtorch", LibTorch, other.LibTorch), ("device", Device, other.Device), ("processor", Model, other.Model),
            ("instructions", InstructionSets, other.InstructionSets), ("threads", $"{Threads}", $"{other.Threads}"),
        ];
        string[] different = [.. values.Where(v => v.Own != v.Other).Select(v => $"{v.Name} {v.Own}, not {v.Other}")];
        return different.Length == 0 ? null : string.Join("; ", different);
    }

    /// <summary>Serializes to one line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ComputeEnvironmentJson.Default.ComputeEnvironment);

    /// <summary>Deserializes from <see cref="ToJson"/>; null for other content, which another version may have written.</summary>
    public static ComputeEnvironment? FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ComputeEnvironmentJson.Default.ComputeEnvironment);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(ComputeEnvironment))]
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class ComputeEnvironmentJson : JsonSerializerContext;
