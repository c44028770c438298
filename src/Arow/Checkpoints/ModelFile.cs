namespace Arow.Checkpoints;

/// <summary>Opens models of every make; the file's first bytes say which it is, not its name.</summary>
public static class ModelFile
{
    /// <summary>Opens a model and makes sure that it takes the images.</summary>
    /// <exception cref="InputException">The file is damaged, is of no known make, or the model is for other images or classes.</exception>
    public static LoadedModel Open(ModelSource source)
    {
        var (network, notes) = Weights.Load(source.Path, source.Architecture, source.Input, source.Classes);
        try
        {
            if (network.Input != source.Input)
                throw new InputException($"{source.Path}: takes images of {network.Input}, but those to evaluate it on are {source.Input}");
            if (network.Classes != source.Classes)
                throw new InputException($"{source.Path}: knows {network.Classes} classes, but the images have {source.Classes}");
            if (source.Device is { } device) network.Module.to(device);
            return new LoadedModel(network.ForEvaluation(), network)
            {
                Name = network.Architecture, Normalization = network.Normalization, Notes = notes,
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
