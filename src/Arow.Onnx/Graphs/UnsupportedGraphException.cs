namespace Arow.Onnx.Graphs;

/// <summary>A graph cannot be computed with gradients; the model remains a black box.</summary>
/// <param name="reason">The end of a sentence: "operator Loop is not supported".</param>
internal sealed class UnsupportedGraphException(string reason) : Exception(reason);
