using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Arow.Checkpoints;
using Arow.Models;
using Arow.Onnx;
using Arow.Runtime;
using static TorchSharp.torch;

namespace Arow.Cli;

/// <summary>
/// A model to be opened in another process, and the images it is for. The mark stands before the answer: TorchScript can
/// write to standard output, but since it does not know the mark, it cannot answer for itself.
/// </summary>
internal sealed record TrialRequest(
    string Mark, string Path, int Channels, int Height, int Width, int Classes, string? Device,
    IReadOnlyList<double>? Mean, IReadOnlyList<double>? Std)
{
    /// <summary>The answer of a model that opens; others answer with their fault.</summary>
    public const string Success = "good";

    public static TrialRequest FromSource(ModelSource source) => new(
        $"{RandomNumberGenerator.GetHexString(16)}: ", System.IO.Path.GetFullPath(source.Path),
        source.Input.Channels, source.Input.Height, source.Input.Width, source.Classes,
        source.Device?.ToString(), source.Normalization?.Mean, source.Normalization?.Std);

    /// <summary>Opens the model here and now.</summary>
    /// <returns>The answer, one line.</returns>
    public string Execute()
    {
        var source = new ModelSource(Path, new InputShape(Channels, Height, Width), Classes)
        {
            Device = Device is { } name ? device(name) : null,
            Normalization = (Mean, Std) is ({ } mean, { } std) ? new Normalization(mean, std) : null,
            OpenOnnx = OnnxModel.Open,
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
            // What .NET raises says nothing of the model; what a native library raises does.
            var own = fault is ExternalException || fault.GetType().Namespace?.StartsWith(nameof(System), StringComparison.Ordinal) != true;
            return $"{Path}: cannot be opened: {(own ? ModelProbe.NativeErrorMessage(fault) : "it is damaged in a way that its reader does not expect")}";
        }
    }
}
