using System.Text.Json;
using static Arow.Tests.Unit.Evaluation.Brightness;

namespace Arow.Tests.Unit.Evaluation;

public sealed class ProtocolTests
{
    private static readonly IAttack[] Parts = [Darken("apgd-ce", 0.1), Darken("square", 0.1)];

    private static IAttack Ensemble(string? name) => new AutoAttack(Parts[0].Threat, Parts) is var ensemble && name is not null
        ? ensemble with { Name = name }
        : ensemble;

    private static EvaluationSummary Summary(string protocol, bool doubtful = false) => EvaluationSummary.Create(
        new EvaluationResult([new SampleResult(0, 0, 0, 0, null, 1, 0)], [])
        {
            Findings = doubtful ? [Finding.Warning("zero-gradients", "seen", "so", [0])] : [],
        },
        ["cat"],
        new EvaluationSubject("resnet18", "w", "00ff", "arow", "validation", "cifar10", "linf", "8/255", 0) { Protocol = protocol }, "rows.tsv");

    [Theory]
    [InlineData("autoattack", "AutoAttack, standard version")]
    [InlineData("autoattack-plus", "AutoAttack, plus version")]
    [InlineData("autoattack-rand", "AutoAttack, rand version")]
    public void The_whole_is_called_by_its_name(string name, string called) =>
        Assert.Equal(called, Protocol.Name([Ensemble(name)], AttackBudget.Default, complete: true));

    [Fact]
    public void What_is_shortened_joined_or_ended_early_is_not()
    {
        Assert.Equal("apgd-ce, square with 10 steps (not AutoAttack)", Protocol.Name([Ensemble(null)], new AttackBudget(Steps: 10), complete: true));
        Assert.Equal("apgd-ce, square, ended early (not AutoAttack)", Protocol.Name([Ensemble("autoattack")], AttackBudget.Default, complete: false));
        Assert.Equal("apgd-ce, square", Protocol.Name(Parts, AttackBudget.Default, complete: true));
        Assert.Equal("no attack", Protocol.Name([], AttackBudget.Default, complete: true));
    }

    [Fact]
    public void Whatever_the_budget_of_an_ensemble_in_the_Catalog_a_smaller_one_has_another_name()
    {
        var threat = new ThreatModel(Norm.Linf, 0.1);
        foreach (var name in Catalog.Attacks.Keys.Where(n => n.StartsWith("autoattack", StringComparison.Ordinal)))
        {
            Assert.StartsWith("AutoAttack",
                Protocol.Name([Catalog.Attacks[name].Create(threat, AttackBudget.Default)], AttackBudget.Default, complete: true));
            foreach (var use in Catalog.Attacks[name].Uses)
            {
                var budget = use switch
                {
                    "restarts" => new AttackBudget(Restarts: 2),
                    "steps" => new AttackBudget(Steps: 3),
                    "queries" => new AttackBudget(Queries: 3),
                    _ => new AttackBudget(Targets: 2),
                };
                Assert.EndsWith("(not AutoAttack)", Protocol.Name([Catalog.Attacks[name].Create(threat, budget)], budget, complete: true));
            }
        }
    }

    [Fact]
    public void The_record_of_RobustBench_names_AutoAttack_for_nothing_else()
    {
        JsonElement Record(EvaluationSummary summary) => JsonDocument.Parse(RobustBenchRecord.Create(summary)).RootElement;
        var whole = Record(Summary("AutoAttack, standard version"));
        Assert.Equal(("100.00", "100.00", "8/255", "cifar10", "resnet18"), (
            whole.GetProperty("clean_acc").GetString(), whole.GetProperty("autoattack_acc").GetString(), whole.GetProperty("eps").GetString(),
            whole.GetProperty("dataset").GetString(), whole.GetProperty("architecture").GetString()));
        Assert.False(whole.GetProperty("unreliable").GetBoolean());
        foreach (var other in (string[])["AutoAttack, rand version", "apgd-ce, square with 10 steps (not AutoAttack)", "pgd20"])
        {
            var record = Record(Summary(other, doubtful: true));
            Assert.Equal(JsonValueKind.Null, record.GetProperty("autoattack_acc").ValueKind);
            Assert.Contains("Not measured with AutoAttack", record.GetProperty("footnote").GetString());
            Assert.True(record.GetProperty("unreliable").GetBoolean());
        }
        // All fields of the published files, so that a reader of theirs finds them.
        string[] fields = ["link", "name", "authors", "additional_data", "number_forward_passes", "dataset", "venue", "architecture", "eps",
            "clean_acc", "reported", "autoattack_acc", "external", "unreliable", "footnote"];
        Assert.Equal(fields, whole.EnumerateObject().Select(p => p.Name));
    }
}
