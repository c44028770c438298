using Arow.Classes;
using Arow.IO;
using Arow.Models;
using Arow.Models.Execution;

namespace Arow.Export;

/// <summary>Options of the ONNX export.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>
    /// Whether batch norm remains a separate operator, for further training; otherwise it is folded into the preceding convolution.
    /// </summary>
    public bool KeepBatchNorm { get; init; }

    /// <summary>Whether to add a second output, <c>probabilities</c>: the softmax of the logits.</summary>
    public bool Probabilities { get; init; }

    /// <summary>Class names, in order; null for none.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Further metadata, such as <c>image_resizing</c> of the weights; none by default.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// Exports networks as ONNX files (opset 17, ONNX Runtime 1.12 or later) that map images [N, C, H, W] in [0, 1] to logits [N, K]. The
/// graph includes the normalization, the metadata the class names.
/// </summary>
public static class OnnxExport
{
    private const long MaxFileBytes = int.MaxValue;

    /// <summary>Writes a network atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">A network of the Catalog.</param>
    /// <param name="options">Export options.</param>
    /// <param name="validate">Validates the finished temporary file before it is moved to its path; throws to reject it. Null for no check.</param>
    /// <exception cref="InputException">The network is not an architecture of the Catalog, or exceeds the size limit of ONNX files.</exception>
    public static void Write(string path, Network network, OnnxExportOptions options, Action<string>? validate = null)
    {
        var message = CreateModel(network, options);
        if (message.Length > MaxFileBytes) throw new InputException(
            $"{network.Architecture}: is {message.Length >> 20} MB as ONNX, but files are limited to {MaxFileBytes >> 20} MB");
        AtomicFile.Write(path, file =>
        {
            message.WriteTo(file);
            file.Flush();
            validate?.Invoke(file.Name);
        });
    }

    private static ProtobufMessage CreateModel(Network network, OnnxExportOptions options)
    {
        if (network.Module is not LayeredModule layered) throw new InputException(
            $"{network.Architecture}: is not an architecture of the Catalog, so its layers are unknown");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var graph = new OnnxGraph();
        var layers = new OnnxLayerRecorder(graph, network.Module, options.KeepBatchNorm);
        var logits = layers.GetValueName(layered.Execute(layers.CreateValue(AddNormalization(graph, network.Normalization)), layers));
        var outputs = new List<(string, string, long)> { ("logits", logits, network.Classes) };
        if (options.Probabilities) outputs.Add(("probabilities", graph.Add("Softmax", [logits], ("axis", 1L)), network.Classes));
        var (channels, height, width) = network.Input;
        return graph.ToMessage(("images", [channels, height, width]), outputs, CreateMetadata(network, options));
    }

    private static string AddNormalization(OnnxGraph graph, Normalization normalization)
    {
        if (normalization.IsIdentity) return "images";
        string PerChannel(string name, IReadOnlyList<double> values) =>
            graph.Constant(name, tensor([.. values], ScalarType.Float64, device: CPU).reshape(1, -1, 1, 1));
        return graph.Add("Div", [graph.Add("Sub", ["images", PerChannel("mean", normalization.Mean)]), PerChannel("std", normalization.Std)]);
    }

    /// <summary>
    /// Creates the metadata. Readers that normalize by themselves look for mean and std; both are in the graph, so other names are
    /// used here.
    /// </summary>
    private static Dictionary<string, string> CreateMetadata(Network network, OnnxExportOptions options)
    {
        var metadata = new Dictionary<string, string>(options.Metadata)
        {
            ["arow.architecture"] = network.Architecture, ["arow.mean"] = Normalization.Format(network.Normalization.Mean),
            ["arow.std"] = Normalization.Format(network.Normalization.Std),
            ["arow.input"] = $"images [N, {network.Input.Channels}, {network.Input.Height}, {network.Input.Width}] in [0, 1]; pictures of other "
                + "sizes are turned upright, cut around the middle and averaged",
        };
        if (options.ClassNames is { } names) metadata[ClassNames.MetadataKey] = ClassNames.ToMetadata(names);
        return metadata;
    }
}
