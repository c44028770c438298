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
        Assert.StartsWith("attack 'fgms' is unknown (did you mean fgsm?); known are fgsm pgd10 ", Catalog.ValidateName("attack", "fgms", Catalog.Attacks));
        Assert.EndsWith("folder", Catalog.ValidateName("dataset", "imagenet", Catalog.DataSets));
        Assert.Equal("model 'resnet19' is unknown (did you mean resnet18?); Architectures.Names lists the known ones",
            Architectures.ValidateName("model", "resnet19"));
    }

    [Theory]
    [InlineData(60, "a0 a1 ", " a58 a59")]
    [InlineData(500, "a0 a1 ", " and 438 more")]
    public void Of_many_names_the_first_are_listed_and_the_others_counted(int count, string start, string end)
    {
        var said = Suggestion.Known("zebra", [.. Enumerable.Range(0, count).Select(i => $"a{i}")]);
        Assert.StartsWith($"; known are {start}", said);
        Assert.EndsWith(end, said);
        Assert.InRange(said.Length, 200, 280);
    }
}
