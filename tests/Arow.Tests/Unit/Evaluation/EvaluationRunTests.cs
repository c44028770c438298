namespace Arow.Tests.Unit.Evaluation;

/// <summary>That what an evaluation is asked for is what is done: each option, given another value, ends in other rows.</summary>
public sealed class EvaluationRunTests : IDisposable
{
    private readonly TurnableDigits digits = new();
    private readonly EvaluationOptions run;
    private int evaluated;

    public EvaluationRunTests() =>
        run = new()
        {
            Attacks = ["pgd10"], Threat = new(Norm.Linf, Ratio.FromFraction(36, 255)), BatchSize = 8, Seed = 3,
            Precision = Precision.Exact
        };

    public void Dispose() => digits.Dispose();

    private (EvaluationSummary Summary, IReadOnlyList<SampleResult> Rows) Execute(EvaluationOptions asked)
    {
        var there = new EvaluationFolder(digits.Folder.File($"evaluation-{evaluated++}"));
        new EvaluationRun(digits.Weights, asked).Execute(digits.Images, there);
        return there.Read();
    }

    [Fact]
    public void Each_option_has_its_effect()
    {
        var (summary, rows) = Execute(run);
        Assert.Equal(1, summary.CleanAccuracy);
        Assert.InRange(summary.RobustAccuracy, 0.1, 0.9);
        Assert.Equal(rows, Execute(run).Rows);
        // Batches have no say.
        Assert.Equal(rows, Execute(run with { BatchSize = 30 }).Rows);

        foreach (var (what, other) in ((string, EvaluationOptions)[])
        [
            ("attack", run with { Attacks = ["fgsm"] }), ("norm", run with { Threat = run.Threat with { Norm = Norm.L2 } }),
            ("epsilon", run with { Threat = run.Threat with { Size = Ratio.FromFraction(32, 255) } }),
            ("seed", run with { Seed = 4 }), ("randomness", run with { Randomness = Randomness.Published }),
            ("steps", run with { Budget = new AttackBudget(Steps: 2) }),
            ("restarts", run with { Budget = new AttackBudget(Restarts: 3) }),
            ("normalization", run with { Normalization = new Normalization([0.3], [0.2]) }),
        ])
        {
            Assert.False(rows.SequenceEqual(Execute(other).Rows), what);
        }
        Assert.NotEqual(
            Execute(run with { Attacks = ["square"], Budget = new AttackBudget(Queries: 5) }).Rows,
            Execute(run with { Attacks = ["square"], Budget = new AttackBudget(Queries: 50) }).Rows);
        Assert.NotEqual(
            Execute(run with { Attacks = ["apgd-t"], Budget = new AttackBudget(Steps: 3, Targets: 1) }).Rows,
            Execute(run with { Attacks = ["apgd-t"], Budget = new AttackBudget(Steps: 3, Targets: 4) }).Rows);
    }

    /// <summary>The ball that was asked for, and no other, is filled.</summary>
    [Theory]
    [InlineData(Norm.Linf, 0.01)]
    [InlineData(Norm.L2, 0.2)]
    [InlineData(Norm.L1, 2)]
    public void Perturbations_are_of_the_norm_and_the_size_asked_for(Norm norm, double epsilon)
    {
        var (summary, rows) = Execute(run with { Threat = new(norm, epsilon) });
        // Sums of some hundred squares or sizes in float32.
        Assert.InRange(rows.Max(r => r.Norm), 0.5 * epsilon, epsilon * (1 + 1e-4));
        Assert.Equal(norm.ToString().ToLowerInvariant(), summary.Subject.Norm);
    }

    [Fact]
    public void The_fast_form_sees_what_the_network_sees()
    {
        var (exact, fast) = (Execute(run).Summary, Execute(run with { Precision = Precision.Fast }).Summary);
        // Normalized pixels and others are different worlds: without it most images are something else.
        Assert.InRange(fast.RobustAccuracy, exact.RobustAccuracy - 0.1, exact.RobustAccuracy + 0.1);
        Assert.Equal("fast", fast.Subject.Precision);
    }

    [Fact]
    public void What_was_not_run_to_its_end_bears_no_name_of_a_protocol()
    {
        var asked = run with { Attacks = ["autoattack"] };
        var ended = Execute(asked with { StopBelow = 0.99 }).Summary;
        Assert.Contains("ended early", ended.Subject.Protocol);
        Assert.False(Protocol.IsStandard(ended.Subject.Protocol));
    }

    /// <summary>What decides rows beside the file's bytes: a resumption asks for the same.</summary>
    [Fact]
    public void Another_key_normalization_or_surrogate_is_another_evaluation()
    {
        var folder = new EvaluationFolder(digits.Folder.File("kept"));
        using var few = digits.Images.Limit(6, 0);
        EvaluationOptions Asked(string? key = null, Normalization? normalization = null, string? surrogate = null, string? by = null) =>
            run with { Attacks = ["fgsm"], Key = key, Normalization = normalization, Surrogate = surrogate, SurrogateArchitecture = by };
        EvaluationRun Resumed(EvaluationOptions options) => new(digits.Weights, options) { Resume = true, Open = Open };
        var ours = Asked("ema", new Normalization([0.3], [0.4]), digits.OtherWeights, "narrow");
        Resumed(ours).Execute(few, folder);
        Resumed(ours).Execute(few, folder);

        foreach (var (what, other) in ((string, EvaluationOptions)[])
        [
            ("key", ours with { Key = "swa" }), ("no key", ours with { Key = null }), ("mean", ours with { Normalization = new([0.2], [0.4]) }),
            ("std", ours with { Normalization = new([0.3], [0.5]) }), ("no normalization", ours with { Normalization = null }),
            ("surrogate", ours with { Surrogate = digits.Weights }), ("no surrogate", ours with { Surrogate = null }),
            ("surrogate's architecture", ours with { SurrogateArchitecture = "wide" }),
        ])
        {
            var fault = Record.Exception(() => Resumed(other).Execute(few, folder));
            Assert.True(fault is InputException && fault.Message.Contains("model made", StringComparison.Ordinal), $"{what}: {fault?.Message}");
        }

        LoadedModel Open(ModelSource source) =>
            new(digits.Network.ForEvaluation()) { Name = source.Architecture ?? "made", Normalization = source.Normalization ?? Normalization.None };
    }

    [Fact]
    public void A_summary_says_what_it_is_of()
    {
        var subject = Execute(run with { Quantize = true }).Summary is var summary ? summary.Subject : null!;
        Assert.Equal(("test", "arow", 3L, 8), (subject.SelectedOn, subject.Objective, subject.Seed, subject.BatchSize));
        Assert.Equal(DataIdentity.ComputeHash(digits.Images), subject.DataSha256);
        Assert.Equal(EvaluationRun.HashFile(digits.Weights), subject.WeightsSha256);
        Assert.NotNull(summary.Quantized);
    }
}
