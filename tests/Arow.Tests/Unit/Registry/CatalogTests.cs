namespace Arow.Tests.Unit.Registry;

public sealed class CatalogTests
{
    private static readonly AttackMethod Attack = new([], (threat, _) => new Fgsm(threat));

    [Theory, InlineData(""), InlineData("Pgd"), InlineData("a b"), InlineData("-a"), InlineData("a--b"), InlineData("../a"), InlineData("é")]
    public void A_name_that_no_command_line_can_hold_is_refused(string name)
    {
        Assert.Throws<ArgumentException>(() => Catalog.Add(name, Attack));
        Assert.Throws<ArgumentException>(() => Architectures.Add(name, Architectures.All["tiny-cnn"]));
    }

    [Fact]
    public void A_name_that_is_taken_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Catalog.Add("pgd20", Attack));
        Assert.Throws<ArgumentException>(() => Catalog.Add("arow", Catalog.Objectives["arow"]));
        Assert.Throws<ArgumentException>(() => Catalog.Add(Catalog.DataSets["glyphs"]));
        Assert.Throws<ArgumentException>(() => Architectures.Add("tiny-cnn", Architectures.All["tiny-cnn"]));
        // One of a family.
        Assert.Throws<ArgumentException>(() => Architectures.Add("resnet18-w16", Architectures.All["tiny-cnn"]));
        Assert.IsNotType<Fgsm>(Catalog.Attacks["pgd20"].Create(ThreatModel.Default, AttackBudget.Default));
    }
}
