namespace Arow.Onnx.Graphs;

/// <summary>A node of an ONNX graph.</summary>
/// <param name="Domain">Domain of the operator; empty for ONNX's own.</param>
/// <param name="Operator">Operator, such as <c>Conv</c>.</param>
/// <param name="Inputs">Names of the inputs; empty for optional inputs that are left out.</param>
/// <param name="Outputs">Names of the outputs; empty for those that are left out.</param>
/// <param name="Attributes">Values: long, float, string, Tensor, long[], float[]; null for kinds that no operator here uses.</param>
internal sealed record GraphNode(
    string Domain, string Operator, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, object?> Attributes)
{
    /// <summary>The operator with its domain, unless that is ONNX's own.</summary>
    public string FullName => IsStandard ? Operator : $"{Domain}.{Operator}";

    /// <summary>Whether the operator is one of ONNX itself.</summary>
    public bool IsStandard => Domain is "" or "ai.onnx";
}
