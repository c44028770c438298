using System.Security.Cryptography;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

[Numeric]
public sealed class GlyphsTests
{
    private static string Hash(ImageSet set) =>
        Convert.ToHexStringLower(SHA256.HashData([.. Bytes(set.Images), .. Longs(set.Labels).Select(label => (byte)label)]));

    [Theory]
    [InlineData("glyphs", Split.Train, "6d468fff6621de378fb9f847e8406a6145dc81d608d6a4279ef432c9a51333b2")]
    [InlineData("glyphs", Split.Test, "6d245f2d57b4ad52b5294d97c37c7e6ff8da4345b731ffebe68566fde92e6bae")]
    [InlineData("glyphs-colour", Split.Train, "660a5f8e5c9e06617ddad1877fc82fbf43fd1144c248aa339e02b7970ff01c2d")]
    [InlineData("glyphs-colour", Split.Test, "15df9d05f274e8419cae1f6d30744b320edcc69cd8f62fd874e8de29b1cd1a2e")]
    public void PixelsAreTheSameOnEveryMachine(string name, Split split, string hash)
    {
        using var set = ((Glyphs)Catalog.DataSets[name]).Draw(split, 100);
        Assert.Equal(hash, Hash(set));
    }

    [Fact]
    public void AnImageDependsOnItsIndexAlone()
    {
        using var few = new Glyphs().Draw(Split.Train, 10);
        using var many = new Glyphs().Draw(Split.Train, 40);
        Assert.Equal(Bytes(few.Images), Bytes(many.Images[..10]));
    }

    [Theory]
    [InlineData(Split.Train, 12)]
    [InlineData(Split.Test, 2000)]
    [InlineData(Split.Test, 3000)]
    [InlineData(Split.Test, null)]
    public void SomeOfItIsWhatTheLimitLeavesOfTheWhole(Split split, int? limit)
    {
        IDataSet glyphs = new Glyphs();
        using var whole = glyphs.Load(split, null);
        using var limited = whole.Limit(limit, 5);
        using var some = glyphs.Load(split, null, limit, 5);
        Assert.Equal(Hash(limited), Hash(some));
        Assert.Equal(Longs(limited.Indices), Longs(some.Indices));
    }

    [Fact]
    public void ShapesAndClasses()
    {
        using var grey = Catalog.DataSets["glyphs"].Load(Split.Test, null);
        using var colour = new Glyphs(Colour: true).Draw(Split.Train, 20);
        Assert.Equal([2000, 1, 28, 28], grey.Images.shape);
        Assert.Equal([20, 3, 32, 32], colour.Images.shape);
        Assert.Equal(10, grey.Classes.Count);
        Assert.All(Longs(grey.Labels.bincount(null, 10)), n => Assert.InRange(n, 140, 260));
    }

    [Fact]
    public void HalvesShareNoImage()
    {
        using var train = new Glyphs().Draw(Split.Train, 2000);
        using var test = new Glyphs().Draw(Split.Test, 2000);
        var seen = new HashSet<string>();
        foreach (var image in Bytes(train.Images).Chunk(784).Concat(Bytes(test.Images).Chunk(784)))
            Assert.True(seen.Add(Convert.ToHexString(SHA256.HashData(image))));
    }

    [Fact]
    public void TheDigitStandsOut()
    {
        // Mean pixels of the classes differ from each other far more than chance would have it.
        using var set = new Glyphs().Draw(Split.Train, 1000);
        using var scope = NewDisposeScope();
        var pixels = ImageSet.ToPixels(set.Images).flatten(1);
        var means = stack(Enumerable.Range(0, 10).Select(c => pixels.index_select(0, (set.Labels == c).nonzero().flatten()).mean([0L])));
        var right = (cdist(pixels - pixels.mean([1L], true), means - means.mean([1L], true)).argmin(1) == set.Labels).to(ScalarType.Float32).mean();
        Assert.InRange(right.item<float>(), 0.3, 0.98);
    }
}
