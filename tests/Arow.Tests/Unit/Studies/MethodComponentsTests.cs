namespace Arow.Tests.Unit.Studies;

public sealed class MethodComponentsTests
{
    [Theory]
    [InlineData("trades", "trades-ls", "label smoothing")]
    [InlineData("arow-ce", "arow", "label smoothing")]
    [InlineData("trades-ls", "arow", "weight of samples")]
    [InlineData("trades-ls", "cow", "weight of samples")]
    [InlineData("trades", "hat", "helper")]
    [InlineData("arow", "hat-arow", "helper")]
    [InlineData("arow", "fat-arow", "early stop")]
    [InlineData("trades", "trades weight=non-robust", "weight of samples")]
    [InlineData("arow", "arow awp=0.005 awp-start=2", "weight perturbation")]
    [InlineData("arow", "arow divergence=js", "divergence")]
    [InlineData("arow", "arow attack-loss=ce", "attack")]
    [InlineData("arow", "arow swa-start=3", "swa-start")]
    [InlineData("arow", "arow lambda=9 seed=4", "")]
    [InlineData("trades", "arow", "label smoothing,weight of samples")]
    [InlineData("pgd-at", "fgsm-rs", "attack-step-size,attack-steps")]
    [InlineData("pgd-at", "n-fgsm", "attack-noise,attack-step-size,attack-steps")]
    [InlineData("arow", "arow attack-noise=2", "attack-noise,attack-step-size,attack-steps")]
    [InlineData("arow", "arow cutmix=1 cutout=8", "cutmix,cutout")]
    [InlineData("trades", "ikl-at", "divergence")]
    [InlineData("trades lr=0.04", "trades-ls lr=0.08 attack-step-size=1/255", "label smoothing")]
    public void Two_methods_differ_in(string a, string b, string pieces) =>
        Assert.Equal(pieces, string.Join(',', MethodComponents.Difference(Of(a), Of(b)).Order(StringComparer.Ordinal)));

    [Fact]
    public void Mart_and_adversarial_training_have_a_first_term_of_their_own() =>
        Assert.Contains("supervised loss", MethodComponents.Difference(Of("trades"), Of("mart")));

    private static IReadOnlyDictionary<string, string> Of(string text)
    {
        var words = text.Split(' ');
        return MethodComponents.Describe(RunFile.Read(null,
            [("dataset", "glyphs"), ("objective", words[0]), .. words.Skip(1).Select(w => (w.Split('=')[0], w.Split('=')[1]))]));
    }
}
