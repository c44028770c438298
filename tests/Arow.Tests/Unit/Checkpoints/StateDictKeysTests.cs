namespace Arow.Tests.Unit.Checkpoints;

public sealed class StateDictKeysTests
{
    private static readonly string[] Wanted = ["conv1.weight", "layer1.0.conv1.weight", "layer1.1.conv1.weight", "fc.bias"];

    [Fact]
    public void The_word_before_most_names_is_taken_off()
    {
        // Inner names are endings of longer ones: "layer1.0." stands before conv1.weight too, but only once.
        var fitted = StateDictKeys.MapToNetwork(Wanted.Select(w => "a.b." + w).Append("other.thing"), Wanted);
        Assert.Equal(Wanted.Append("other.thing").Order(), fitted.Keys.Order());
        Assert.All(Wanted, w => Assert.Equal("a.b." + w, fitted[w]));
        Assert.Empty(StateDictKeys.FindMissing(fitted.Keys, Wanted));
    }

    [Fact]
    public void Names_that_are_right_stay()
    {
        Assert.All(StateDictKeys.MapToNetwork(Wanted, Wanted), f => Assert.Equal(f.Key, f.Value));
        Assert.Equal(["fc.bias"], StateDictKeys.FindMissing(StateDictKeys.MapToNetwork(Wanted.SkipLast(1), Wanted).Keys, Wanted));
    }

    [Fact]
    public void Compiled_parts_and_counters_are_no_matter()
    {
        var fitted = StateDictKeys.MapToNetwork(["module.layer1._orig_mod.0.conv1.weight"], Wanted);
        Assert.Equal("module.layer1._orig_mod.0.conv1.weight", fitted["layer1.0.conv1.weight"]);
        Assert.Empty(StateDictKeys.FindMissing([], ["bn1.num_batches_tracked"]));
    }

    [Fact]
    public void One_name_twice_is_kept_apart()
    {
        var fitted = StateDictKeys.MapToNetwork(["m.conv1.weight", "m._orig_mod.conv1.weight", "m.fc.bias"], Wanted);
        Assert.Equal(["conv1.weight", "fc.bias", "m._orig_mod.conv1.weight"], fitted.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Names_made_to_take_long_do_not()
    {
        var dots = new string('.', 1_000_000);
        Assert.Single(StateDictKeys.MapToNetwork([dots], Wanted));
    }
}
