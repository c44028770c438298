namespace Arow.Onnx.Graphs;

/// <summary>The graph of an ONNX model as it is in the file: nodes, constants, inputs and outputs. Owns the constants.</summary>
internal sealed class ModelGraph : IDisposable
{
    /// <summary>Version of ONNX's own operators; 0 if the file does not import them.</summary>
    public required long Opset { get; init; }

    /// <summary>The nodes, in the order of the file.</summary>
    public required IReadOnlyList<GraphNode> Nodes { get; init; }

    /// <summary>Constants by name; floating-point ones have the type of the computation.</summary>
    public required IReadOnlyDictionary<string, Tensor> Constants { get; init; }

    /// <summary>Names of the inputs that are not constants.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>Names of the outputs.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    public void Dispose()
    {
        foreach (var constant in Constants.Values) constant.Dispose();
        foreach (var value in Nodes.SelectMany(n => n.Attributes.Values)) (value as Tensor)?.Dispose();
    }
}
