namespace Arow.Tests.Unit.Models;

/// <summary>A network that has learnt nothing, and digits by the names that it gives them: all are right, and some can be turned.</summary>
internal sealed class TurnableDigits : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public TurnableDigits()
    {
        Network = Saved("weights", seed: 1);
        using var drawn = new Glyphs().Draw(Split.Test, 30);
        using var frozen = no_grad();
        Images = new ImageSet("glyphs", drawn.Images.alias(), Network.ForEvaluation()(ImageSet.ToPixels(drawn.Images)).argmax(1), drawn.Classes);
        Saved("other", seed: 2).Dispose();
    }

    public TemporaryFolder Folder { get; } = new();

    public Network Network { get; }

    public ImageSet Images { get; }

    /// <summary>The network's file.</summary>
    public string Weights => Folder.File("weights");

    /// <summary>Another one's.</summary>
    public string OtherWeights => Folder.File("other");

    public void Dispose()
    {
        Images.Dispose();
        Network.Dispose();
        scope.Dispose();
        Folder.Dispose();
    }

    private Network Saved(string name, long seed)
    {
        var network = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, new Normalization([0.3], [0.4]), seed);
        Arow.Checkpoints.NetworkFile.Save(Folder.File(name), network, new Dictionary<string,
            string>
        { ["selected_on"] = "test", ["objective"] = "arow" }, [.. "0123456789".Select(c => $"{c}")]);
        return network;
    }
}
