namespace Arow.Checkpoints;

/// <summary>The content of a safetensors file.</summary>
/// <param name="Tensors">Tensors by key, outside every dispose scope, disposed with this object.</param>
/// <param name="Metadata">Metadata of the file.</param>
internal sealed record SafetensorsFile(
    IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata) : IDisposable
{
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values) tensor.Dispose();
    }
}
