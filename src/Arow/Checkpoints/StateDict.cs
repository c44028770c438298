namespace Arow.Checkpoints;

/// <summary>A dictionary of tensors in a PyTorch file.</summary>
/// <param name="Tensors">The tensors by name.</param>
/// <param name="Others">Names that stand for something that is not read as a tensor, with its class.</param>
/// <param name="Class">Class of the module, if it was saved whole.</param>
internal sealed record StateDict(IReadOnlyDictionary<string, TensorRef> Tensors, IReadOnlyDictionary<string, string> Others, string? Class);
