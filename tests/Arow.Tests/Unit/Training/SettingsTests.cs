using Arow.Options;

namespace Arow.Tests.Unit.Training;

/// <summary>That what follows from the table of options does.</summary>
public sealed class SettingsTests
{
    /// <summary>What a helper network takes from the run, or from its objective, by itself.</summary>
    private static readonly string[] Special = ["objective", "model", "dropout", "smoothing"];

    public static TheoryData<string, string> Values =>
        [.. EverySettingTests.Changes.Select(row => (row.Data.Item1, row.Data.Item3)).DistinctBy(row => row.Item1)];

    [Theory, MemberData(nameof(Values))]
    public void A_helper_is_trained_with_what_the_table_says(string name, string value)
    {
        var setting = Settings.All.Single(s => s.Name == name);
        var given = setting.Set(new TrainingOptions { Objective = "hat" }, value)!;
        if (Special.Contains(name)) return;
        var expected = setting.Uses.HasFlag(SettingUses.Helper) ? value : setting.Get(new TrainingOptions());
        Assert.Equal(expected, setting.Get(given.ForHelper()));
    }

    /// <summary>Runs that agree on them read their images once: what else the data set depends on would be forgotten there.</summary>
    [Fact]
    public void The_data_set_depends_on_the_rows_that_say_so()
    {
        var folder = new TrainingOptions { Dataset = "folder" };
        var values = Values.ToDictionary(row => row.Data.Item1, row => row.Data.Item2);
        (values["image-size"], values["skip-damaged"]) = ("8", "true");
        foreach (var (name, value) in values)
        {
            var given = Settings.All.Single(s => s.Name == name).Set(folder, value)!;
            Assert.Equal(given.DataSet, given.Only(SettingUses.Images).DataSet);
        }
        Assert.NotEqual(folder.DataSet, (folder with { SkipDamaged = true }).DataSet);
    }

    [Theory, MemberData(nameof(Values))]
    public void A_value_is_copied_and_read_back(string name, string value)
    {
        var setting = Settings.All.Single(s => s.Name == name);
        var given = setting.Set(new TrainingOptions(), value)!;
        Assert.Equal(value, setting.Get(given));
        Assert.Equal(value, setting.Get(setting.Copy(new TrainingOptions(), given)));
    }

    [Fact]
    public void Help_quotes_defaults_and_ranges_from_where_they_are()
    {
        Assert.Equal(["dataset", "data-dir"], Settings.All.Where(s => s.Default is null).Select(s => s.Name));
        Assert.All(Settings.All.Where(s => s.Get(new TrainingOptions()) is not null), s =>
            Assert.Contains($"[{s.Get(new TrainingOptions())}]", s.Help));
        Assert.Contains("[10; fgsm-rs, n-fgsm: 1]", Help("attack-steps"));
        Assert.Contains("free: 1 epsilon", Help("attack-step-size"));
        Assert.Contains("mart: 5", Help("lambda"));
        Assert.Contains("[0.1; small-cnn, small-cnn-plain: 0.01;", Help("lr"));
        Assert.Equal("momentum, in [0, 1) [0.9]", Help("momentum"));

        static string Help(string name) => Settings.All.Single(s => s.Name == name).Help;
    }

    [Fact]
    public void The_machine_decides_few_options() =>
        Assert.Equal(["data-dir", "threads", "device"], Settings.All.Where(s => s.Uses.HasFlag(SettingUses.Machine)).Select(s => s.Name));

    [Theory]
    [InlineData(0, double.PositiveInfinity, true, true, "0", "is not positive")]
    [InlineData(0, double.PositiveInfinity, false, false, "NaN", "is not a number of at least 0")]
    [InlineData(0, 1, false, true, "1", "is not in [0, 1)")]
    [InlineData(0, 1, true, false, "0.5,0", "is not in (0, 1]")]
    [InlineData(0, 1, false, false, "0.5,1", null)]
    public void Bounds_say_what_is_outside(double least, double most, bool openLeast, bool openMost, string text, string? fault) =>
        Assert.Equal(fault, new Bounds(least, most, openLeast, openMost).Validate(text, isInteger: false));
}
