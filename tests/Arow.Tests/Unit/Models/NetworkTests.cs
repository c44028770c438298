namespace Arow.Tests.Unit.Models;

public sealed class NetworkTests
{
    private static readonly InputShape Colour = new(3, 8, 8);

    [Fact]
    public void Pixels_are_normalized_channel_by_channel_by_mean_and_deviation()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 0.5f, 0.25f, 1f }).reshape(1, 3, 1, 1);
        var z = new Normalization([0.25, 0.5, 0.5], [0.5, 0.25, 2]).Apply(x);
        Assert.Equal([0.5f, -1, 0.25f], z.flatten().data<float>().ToArray());
    }

    /// <summary>An average of weights is a copy, and sees images as the network does.</summary>
    [Fact]
    public void A_copy_computes_the_same_and_has_weights_of_its_own()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = Network.Create("tiny-cnn", Colour, 4, new Normalization([0.3, 0.4, 0.5], [0.2]), seed: 1);
        using var copy = network.Copy();
        var x = torch.rand([2, 3, 8, 8]);
        var before = network.ForEvaluation()(x);
        Assert.True((before == copy.ForEvaluation()(x)).all().item<bool>());
        Assert.Equal((network.Architecture, network.Input, network.Classes), (copy.Architecture, copy.Input, copy.Classes));
        foreach (var (_, p) in network.Parameters) p.zero_();
        Assert.True((before == copy.ForEvaluation()(x)).all().item<bool>());
    }
}
