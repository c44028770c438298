namespace Arow.Tests.Unit.Checkpoints;

/// <summary>A small network and files with its weights.</summary>
internal static class MadeModel
{
    public static readonly InputShape Images = MadeNetwork.Images;
    public const int Classes = MadeNetwork.Classes;

    public static Network Network(long seed = 1) => MadeNetwork.Create(seed);

    public static Dictionary<string, object?> State(Network network, string prefix = "") => MadeNetwork.State(network, prefix);

    public static ModelSource Source(string path, string? architecture = "tiny-cnn") => new(path, Images, Classes) { Architecture = architecture };

    public static ModelSource Put(this TemporaryFolder folder, byte[] bytes, string name = "model.pth")
    {
        File.WriteAllBytes(folder.File(name), bytes);
        return Source(folder.File(name));
    }

    /// <summary>Fails unless the model of a file computes what the network does.</summary>
    public static void AssertSame(Network network, LoadedModel model)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var x = rand(4, 1, 8, 8);
        Assert.Equal(0, (network.ForEvaluation()(x) - model.Classifier(x)).abs().max().item<float>());
    }

    /// <summary>Fails unless opening is refused with one line that names the file and says the words.</summary>
    public static void AssertRefused(ModelSource source, params string[] words)
    {
        var fault = Assert.Throws<InputException>(() => ModelFile.Open(source).Dispose());
        Assert.DoesNotContain('\n', fault.Message);
        Assert.StartsWith(source.Path, fault.Message);
        foreach (var word in words) Assert.Contains(word, fault.Message);
    }
}
