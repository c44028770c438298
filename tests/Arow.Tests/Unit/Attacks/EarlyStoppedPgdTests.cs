namespace Arow.Tests.Unit.Attacks;

/// <summary>PGD that stops early or counts, against the published procedure written out for one sample at a time.</summary>
public sealed class EarlyStoppedPgdTests
{
    private const int N = 12, Steps = 6;
    private static readonly ThreatModel Threat = new(Norm.Linf, 0.06);

    public static TheoryData<int, string> Cases
    {
        get
        {
            var all = new TheoryData<int, string>();
            foreach (var τ in (int[])[0, 1, 3])
            {
                foreach (var goal in (string[])["ce", "kl", "js"]) all.Add(τ, goal);
            }
            return all;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_sample_leaves_as_in_the_published_loop(int τ, string goal)
    {
        using var scope = NewDisposeScope();
        var (f, x, y) = Setting();
        var pgd = Attack(goal) with { Tau = τ };
        var together = pgd.Perturb(f, x, y, Keyed(0, N));
        var moved = new HashSet<int>();
        for (var i = 0; i < N; i++)
        {
            var (alone, steps, _) = Alone(pgd, f, x[i..(i + 1)], y[i..(i + 1)], Keyed(i, 1).Stream(0), τ);
            moved.Add(steps);
            Assert.True((alone - together[i..(i + 1)]).abs().max().item<double>() < 1e-9, $"sample {i}");
        }
        // Some leave at once, others later: the case says something.
        Assert.True(moved.Count > 1, string.Join(' ', moved));
    }

    [Fact]
    public void Counts_are_the_points_that_were_classified_rightly()
    {
        using var scope = NewDisposeScope();
        var (f, x, y) = Setting();
        var pgd = Attack("ce");
        var (xAdv, withstood) = pgd.PerturbAndCount(f, x, y, Keyed(0, N));
        Assert.True((xAdv - pgd.Perturb(f, x, y, Keyed(0, N))).abs().max().item<double>() < 1e-12);
        var expected = Enumerable.Range(0, N)
            .Select(i => (long)Alone(pgd, f, x[i..(i + 1)], y[i..(i + 1)], Keyed(i, 1).Stream(0), Steps).Right).ToArray();
        Assert.Equal(expected, withstood.data<long>().ToArray());
        Assert.True(expected.Distinct().Count() > 2);
    }

    [Fact]
    public void It_stays_in_the_ball_leaves_no_tensor_and_a_patience_that_never_ends_is_plain_PGD()
    {
        using var scope = NewDisposeScope();
        var (f, x, y) = Setting();
        var noise = Keyed(0, N);
        foreach (var norm in Enum.GetValues<Norm>())
        {
            var pgd = Attack("kl") with { Threat = new ThreatModel(norm, norm == Norm.L1 ? 3 : 0.06), Tau = 1 };
            var xAdv = pgd.Perturb(f, x, y, noise);
            Assert.True(pgd.Threat.Distance(xAdv, x).max().item<double>() <= pgd.Threat.Epsilon + pgd.Threat.Rounding(x[0].numel()));
            var endless = (pgd with { Tau = Steps }).Perturb(f, x, y, noise);
            Assert.True((endless - (pgd with { Tau = null }).Perturb(f, x, y, noise)).abs().max().item<double>() < 1e-12);
        }
        LiveTensors.AssertNoneLeft(() => (Attack("kl") with { Tau = 0 }).Perturb(f, x, y, noise).Dispose());
    }

    /// <summary>The published loop for one sample: its last point, the steps taken, and the points classified rightly.</summary>
    private static (Tensor XAdv, int Steps, int Right) Alone(Pgd pgd, Classifier f, Tensor x, Tensor y, Noise noise, int τ)
    {
        var criterion = pgd.Loss.Bind(f, x, y);
        var at = pgd.Threat.StartPoint(x, pgd.Start, noise);
        var (control, right) = (τ, 0);
        for (var step = 0; step < pgd.Steps; step++)
        {
            if ((f(at).argmax(1) == y).item<bool>()) right++;
            else if (control == 0) return (at, step, right);
            else control--;
            at = pgd.Threat.Project(pgd.Threat.Step(at, InputGradient.Compute(f, criterion, at), pgd.StepSize), x);
        }
        return (at, pgd.Steps, right);
    }

    private static Pgd Attack(string goal) =>
        new(Threat, AttackLoss.All.Single(g => g.Name == goal), Steps, Threat.Epsilon / 4, Start.Uniform);

    /// <summary>Images of which every fourth has a class that it is not given; in float64, so that no sum turns a sign.</summary>
    private static (Classifier F, Tensor X, Tensor Y) Setting()
    {
        var f = Reference.ToyNetwork(0);
        var x = Reference.Image([N, 3, 8, 8], 0.83, 0.4);
        var y = f(x).argmax(1) + (arange(N, dtype: ScalarType.Int64).remainder(4) == 0).to(ScalarType.Int64);
        return (f, x, y.remainder(10));
    }

    private static Noise Keyed(int first, int count) => Noise.Keyed(7, arange(first, first + count, dtype: ScalarType.Int64));
}
