using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Arow.Checkpoints;
using Arow.Models;
using Arow.Onnx;
using Arow.Runtime;
using static TorchSharp.torch;

namespace Arow.Cli;

/// <summary>
/// A model to open in another process, and its images. The mark precedes the answer: TorchScript can
/// write to standard output, but it does not know the mark, so it cannot forge an answer.
/// </summary>
internal sealed record TrialRequest(
    string Mark, string Path, int Channels, int Height, int Width, int Classes, string? Device,
    IReadOnlyList<double>? Mean, IReadOnlyList<double>? Std, string? OutputName)
{
    /// <summary>The answer of a model that opens; otherwise the answer is the error.</summary>
    public const string Success = "good";

    public static TrialRequest FromSource(ModelSource source) => new(
        $"{RandomNumberGenerator.GetHexString(16)}: ", System.IO.Path.GetFullPath(source.Path),
        source.Input.Channels, source.Input.Height, source.Input.Width, source.Classes,
        source.Device?.ToString(), source.Normalization?.Mean, source.Normalization?.Std, source.OutputName);

    /// <summary>Opens the model in this process.</summary>
    /// <returns>The answer, in one line.</returns>
    public string Execute()
    {
        var source = new ModelSource(Path, new InputShape(Channels, Height, Width), Classes)
        {
            Device = Device is { } name ? device(name) : null,
            Normalization = (Mean, Std) is ({ } mean, { } std) ? new Normalization(mean, std) : null,
            OpenOnnx = OnnxModel.Open, OutputName = OutputName,
        };
        try
        {
            ModelFile.Open(source).Dispose();
            return Success;
        }
        catch (InputException fault)
        {
            return fault.Message;
        }
        catch (Exception fault) when (fault is not LibTorchException)
        {
            // Messages of .NET say nothing about the model; those of native libraries do.
            var own = fault is ExternalException || fault.GetType().Namespace?.StartsWith(nameof(System), StringComparison.Ordinal) != true;
            return $"{Path}: cannot be opened: {(own ? ModelProbe.NativeErrorMessage(fault) : "it is damaged")}";
        }
    }
}
