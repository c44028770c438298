namespace Arow.Onnx.Graphs;

/// <summary>A function that makes probabilities of logits.</summary>
internal enum ActivationKind
{
    None,
    Softmax,
    Sigmoid,
}
