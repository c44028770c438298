namespace Arow.Checkpoints;

/// <summary>The content of a safetensors file.</summary>
/// <param name="Tensors">By key; outside every dispose scope, disposed with this.</param>
/// <param name="Metadata">The file's own notes.</param>
public sealed record SafetensorsFile(
    IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values) tensor.Dispose();
    }
}
