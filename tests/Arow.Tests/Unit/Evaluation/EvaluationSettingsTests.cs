using System.Reflection;
using Arow.Analysis;
using Arow.Options;

namespace Arow.Tests.Unit.Evaluation;

/// <summary>That what follows from the tables of options of evaluations and analyses does.</summary>
public sealed class EvaluationSettingsTests
{
    /// <summary>A row that is added tomorrow, in the place of its property.</summary>
    private static readonly Setting<EvaluationOptions> Added =
        Setting<EvaluationOptions>.Row("new-option", SettingUses.Rows, "not there yet", o => o.StopBelow, (o, v) => o with { StopBelow = v });

    /// <summary>To the letter: evaluations that were begun with other words would not be gone on with.</summary>
    [Fact]
    public void An_identity_has_the_words_that_it_always_had() => Assert.Equal(
        ["seed 3", "randomness keyed", "batch size 250", "precision fast", "quantize yes"],
        EvaluationSettings.Identity(new() { Seed = 3, Precision = Arow.Models.Execution.Precision.Fast, Quantize = true })
            .Select(part => string.Join(' ', part)));

    [Fact]
    public void An_option_that_is_added_is_part_of_identities_and_summaries()
    {
        var other = new EvaluationOptions { StopBelow = 0.5 };
        Assert.Equal(["new option", "0.5"], EvaluationSettings.Identity(other, [Added]).Single());
        Assert.Equal(["new option", "none"], EvaluationSettings.Identity(new(), [Added]).Single());
        Assert.Equal("0.5", EvaluationSettings.NonDefault(other, [Added])!["new-option"]);
        Assert.Null(EvaluationSettings.NonDefault(new(), [Added]));
        Assert.Null(EvaluationSettings.NonDefault(new() { Seed = 4, Quantize = true }));
    }

    [Fact]
    public void What_was_begun_before_an_option_was_begun_with_its_default()
    {
        Assert.Equal("none", EvaluationSettings.DefaultFor("new option", [Added]));
        Assert.Null(EvaluationSettings.DefaultFor("newer option", [Added]));
        // Those that were there from the beginning are in every identity.
        var before = new EvaluationIdentity([["seed", "3"]]);
        Assert.Equal("quantize unknown, not no", before.DescribeDifference(new EvaluationIdentity([["seed", "3"], ["quantize", "no"]])));
    }

    [Fact]
    public void Studies_have_some_of_them_by_names_of_their_own() => Assert.Equal(
        ["attacks", "norm", "epsilon", "images", "seed", "batch-size", "restarts", "steps", "queries", "targets"],
        EvaluationSettings.InStudies.Select(s => s.Name));

    /// <summary>The threat model is one value and two rows, the budget one and four, the normalization none: its halves are.</summary>
    [Fact]
    public void Every_option_has_a_row()
    {
        Assert.Equal(Settable(typeof(EvaluationOptions)) + 3, EvaluationSettings.All.Select(s => s.Name).Distinct().Count());
        Assert.Equal(Settable(typeof(AnalysisOptions)), AnalysisSettings.All.Select(s => s.Name).Distinct().Count());

        static int Settable(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Count(p => p.CanWrite);
    }

    /// <summary>Help says of which options the default is the run's; the threat model is taken over as one value.</summary>
    [Fact]
    public void What_help_calls_the_runs_is_taken_from_the_run()
    {
        string[] threat = ["norm", "epsilon"];
        Assert.Equal(
            EvaluationSettings.All.Where(s => s.Default?.StartsWith("the run's", StringComparison.Ordinal) == true).Select(s => s.Name).Except(threat),
            EvaluationSettings.All.Where(s => s.Uses.HasFlag(SettingUses.OfRun)).Select(s => s.Name));
    }

    /// <summary>A run's images are evaluated unless others are named; other options of both are the command's own.</summary>
    [Fact]
    public void What_runs_and_evaluations_share_is_the_runs_or_said_to_be_the_commands_own()
    {
        string[] own = ["seed", "batch-size", "threads", "device", "precision", "model", "norm", "epsilon"];
        foreach (var row in EvaluationSettings.All.Where(row => !own.Contains(row.Name)))
        {
            if (Arow.Training.Settings.All.SingleOrDefault(s => s.Name == row.Name) is not { } ofRun) continue;
            Assert.True(row.Uses.HasFlag(SettingUses.OfRun), row.Name);
            Assert.True(ofRun.Uses.HasFlag(SettingUses.Images), row.Name);
            Assert.Equal(ofRun.Uses & SettingUses.FolderOnly, row.Uses & SettingUses.FolderOnly);
        }
        Assert.All(Arow.Training.Settings.All.Where(s => s.Uses.HasFlag(SettingUses.Images)), s =>
            Assert.Contains(EvaluationSettings.All, row => row.Name == s.Name));
    }

    [Theory]
    [InlineData("attack", "fgsm,pgd20")]
    [InlineData("attack", "clean")]
    [InlineData("norm", "l2")]
    [InlineData("epsilon", "4/255")]
    [InlineData("limit", "40")]
    [InlineData("seed", "3000000000")]
    [InlineData("targets", "3")]
    [InlineData("randomness", "published")]
    [InlineData("mean", "0.5,0.25")]
    [InlineData("class-names", "cat,dog")]
    [InlineData("stop-below", "0.5")]
    public void A_value_is_read_and_written_as_it_was(string name, string value)
    {
        List<string> problems = [];
        var options = EvaluationSettings.All.Apply(new EvaluationOptions(), name, value, "", problems);
        Assert.Empty(problems);
        Assert.Equal(value, EvaluationSettings.All.Single(s => s.Name == name).Get(options));
    }

    [Theory]
    [InlineData("steps", "many", "--steps 'many' is not an integer of at least 1")]
    [InlineData("steps", "0", "--steps 0 is not an integer of at least 1")]
    [InlineData("norm", "l3", "--norm 'l3' is unknown (did you mean l2?); known are linf l2 l1")]
    [InlineData("stop-below", "x", "--stop-below 'x' is not an accuracy from 0 to 1, such as 0.45")]
    [InlineData("fail-under", "40", "--fail-under 40 is not in [0, 1]")]
    [InlineData("class-names", "cat", "--class-names 'cat' is neither a file nor comma-separated names")]
    [InlineData("class-names", "cat,cat", "--class-names cat,cat: duplicate name 'cat'")]
    [InlineData("std", "0", "--std 0 is not positive")]
    [InlineData("mean", "x", "--mean 'x' is not one number, or one for each channel, separated by commas")]
    [InlineData("surrogate-model", "resnet19", "--surrogate-model 'resnet19' is unknown (did you mean resnet18?); Architectures.Names lists")]
    [InlineData("epsilon", "8", "--epsilon 8 exceeds 1: pixels are in [0, 1], was 8/255 meant?")]
    [InlineData("norm", "l2", "--norm l2 requires an epsilon: 8/255 is for linf")]
    [InlineData("attak", "x", "--'attak' is an unknown option; did you mean attack?")]
    public void What_is_no_value_is_told_by_its_name(string name, string value, string fault)
    {
        List<string> problems = [];
        var options = EvaluationSettings.All.Apply(new EvaluationOptions(), name, value, "--", problems);
        problems.AddRange(EvaluationSettings.All.Validate(options).Select(f => $"--{f}"));
        Assert.StartsWith(fault, Assert.Single(problems));
    }

    [Fact]
    public void What_contradicts_itself_is_told_at_once() => Assert.Equal(
    [
        "--mean and --std must be given together: the model's input is (pixel - mean) / std",
        "clean: not applicable: steps; applicable: none",
        "--stop-below needs an attack",
        "--stop-below 0.5 exceeds --fail-under 0.25: an early end could pass without a complete evaluation",
        "--surrogate-model needs --surrogate",
    ],
    new EvaluationOptions
    {
        Attacks = [], Mean = [0.5], Budget = new AttackBudget(Steps: 3), StopBelow = 0.5, FailUnder = 0.25, SurrogateArchitecture = "tiny-cnn",
    }.Validate("--"));
}
