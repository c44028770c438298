namespace Arow.Tests.Unit.Training;

/// <summary>What weights are selected by.</summary>
public sealed class SelectionTests
{
    /// <summary>One answer for all is right for a third of these images, attacked or not.</summary>
    [Fact]
    public void Weights_that_have_learnt_come_before_those_that_have_not_however_robust()
    {
        using var images = new ImageSet("thirds", zeros([48, 1, 2, 2], ScalarType.Byte), arange(48) % 3, ["a", "b", "c"]);
        var selection = new Selection(images, Pgd.Standard(new ThreatModel(Norm.Linf, 0.1), steps: 1), seed: 0, batchSize: 8);
        (int Clean, int Robust)[] worstFirst = [(16, 0), (16, 3), (17, 17), (24, 0), (32, 15), (24, 16), (48, 48)];
        var scores = worstFirst.Select(right => selection.Score((right.Clean / 48.0, right.Robust / 48.0))).ToArray();
        Assert.Equal(scores.Order(), scores);
        Assert.Equal(scores.Length, scores.Distinct().Count());
        Assert.All(scores, score => Assert.InRange(score, -0.5, 1));
        Assert.Equal(15 / 48.0, scores[4]);
        Assert.Equal(0.4, new Selection(images, attack: null, seed: 0, batchSize: 8).Score((0.4, null)));
    }
}
