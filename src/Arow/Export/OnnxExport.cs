using Arow.Models;

namespace Arow.Export;

/// <summary>How a network is written as ONNX.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>Whether batch norm stays an operator of its own, for those who train on; folded into the convolutions before it otherwise.</summary>
    public bool KeepBatchNorm { get; init; }

    /// <summary>Whether there is a second output, <c>probabilities</c>: the softmax of the logits.</summary>
    public bool Probabilities { get; init; }

    /// <summary>Names of the classes, in order; null where nothing names them.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }
}

/// <summary>
/// Networks as ONNX files (opset 17, ONNX Runtime from 1.12 on): images [N, C, H, W] in [0, 1] to logits [N, K]. The network's normalisation of pixels is in
/// the graph, class names in the metadata.
/// </summary>
public static class OnnxExport
{
    private const long LongestFile = int.MaxValue;

    /// <summary>Writes a network, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">Of an architecture of the Catalog.</param>
    /// <param name="options">What goes into it.</param>
    /// <param name="check">Given the finished file at another place before it is moved to its own; throws if the file is not right. None for null.</param>
    /// <exception cref="InputException">The network is no architecture of the Catalog, or larger than a file of ONNX may be.</exception>
    public static void Write(string path, Network network, OnnxExportOptions options, Action<string>? check = null)
    {
        var message = Message(network, options);
        if (message.Length > LongestFile) throw new InputException($"{network.Architecture}: is {message.Length >> 20} MB as ONNX, whose files have at most {LongestFile >> 20} MB");
        WholeFile.Write(path, file =>
        {
            message.WriteTo(file);
            file.Flush();
            check?.Invoke(file.Name);
        });
    }

    private static ProtobufMessage Message(Network network, OnnxExportOptions options)
    {
        if (network.Module is not ILayered layered) throw new InputException($"{network.Architecture}: is no architecture of the Catalog, whose layers are known");
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var graph = new OnnxGraph();
        var layers = new OnnxLayers(graph, network.Module, options.KeepBatchNorm);
        var logits = layers.Name(layered.Run(layers.Value(Normalized(graph, network.Normalization)), layers));
        var outputs = new List<(string, string, long)> { ("logits", logits, network.Classes) };
        if (options.Probabilities) outputs.Add(("probabilities", graph.Add("Softmax", [logits], ("axis", 1L)), network.Classes));
        var (channels, height, width) = network.Input;
        return graph.ToMessage(("images", [channels, height, width]), outputs, Metadata(network, options));
    }

    private static string Normalized(OnnxGraph graph, Normalization normalization)
    {
        if (normalization.IsIdentity) return "images";
        string PerChannel(string name, IReadOnlyList<double> values) => graph.Constant(name, tensor([.. values], ScalarType.Float64, device: CPU).reshape(1, -1, 1, 1));
        return graph.Add("Div", [graph.Add("Sub", ["images", PerChannel("mean", normalization.Mean)]), PerChannel("std", normalization.Std)]);
    }

    /// <summary>Readers that normalise by themselves look for mean and std, which are in the graph: here they have other names.</summary>
    private static Dictionary<string, string> Metadata(Network network, OnnxExportOptions options)
    {
        var metadata = new Dictionary<string, string>
        {
            ["arow.architecture"] = network.Architecture, ["arow.mean"] = Normalization.Text(network.Normalization.Mean), ["arow.std"] = Normalization.Text(network.Normalization.Std),
            ["arow.input"] = $"images [N, {network.Input.Channels}, {network.Input.Height}, {network.Input.Width}] in [0, 1]; pictures of other sizes are turned upright, cut around the middle and averaged",
        };
        if (options.ClassNames is { } names) metadata[ClassNames.Note] = ClassNames.ToNote(names);
        return metadata;
    }
}
