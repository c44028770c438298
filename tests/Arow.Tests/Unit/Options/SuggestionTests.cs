using Arow.Options;

namespace Arow.Tests.Unit.Options;

public sealed class SuggestionTests
{
    private static readonly string[] Names =
        ["--help", "--json", "--init", "--epochs", "--lambda", "--warm-up", "--output", "autoattack", "fgsm", "resnet18", "folder", "lr", "limit-train"];

    [Theory]
    [InlineData("--epoch", "--epochs")]
    [InlineData("--lamda", "--lambda")]
    [InlineData("auto-attack", "autoattack")]
    [InlineData("fgms", "fgsm")]
    [InlineData("resnet-18", "resnet18")]
    [InlineData("fodler", "folder")]
    [InlineData("AutoAttack", "autoattack")]
    [InlineData("--warm", "--warm-up")]
    [InlineData("--pack", null)]
    [InlineData("--config", null)]
    [InlineData("--quiet", null)]
    [InlineData("--dry-run", null)]
    [InlineData("learning-rate", null)]
    [InlineData("x", null)]
    [InlineData("--", null)]
    public void A_near_name_is_suggested_and_a_far_one_is_not(string name, string? near) => Assert.Equal(near, Suggestion.Nearest(name, Names));

    [Fact]
    public void Values_have_suggestions_too()
    {
        Assert.EndsWith(" (did you mean fgsm?)", Catalog.ValidateName("attack", "fgms", Catalog.Attacks));
        Assert.EndsWith("folder", Catalog.ValidateName("dataset", "imagenet", Catalog.DataSets));
    }
}
