namespace Arow.Tests.Unit.Attacks;

/// <summary>Square: which changes it keeps, how large they are, and how near it comes to an optimum that is known.</summary>
[Numeric]
public sealed class SquareTests
{
    private static readonly Dictionary<Norm, double> Sizes = new() { [Norm.Linf] = 0.1, [Norm.L2] = 0.4, [Norm.L1] = 1.5 };

    public static TheoryData<Norm, bool> Modes
    {
        get
        {
            var all = new TheoryData<Norm, bool>();
            foreach (var norm in Sizes.Keys)
            {
                all.Add(norm, true);
                all.Add(norm, false);
            }
            return all;
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public void It_keeps_what_lowers_the_margin_and_nothing_else(Norm norm, bool published)
    {
        // Clean, beginning, 52 times worse until the squares have a side of four, then better, as good, better, beyond the
        // boundary; and the attack looks once at the result.
        using var scope = NewDisposeScope();
        var script = new Script([5, 4, .. Enumerable.Repeat(4.5, 52), 3, 3, 2, -1, -1]);
        var threat = new ThreatModel(norm, Sizes[norm]);
        var xAdv = new Square(threat, Queries: 100).With(Writing(published))
            .Perturb(script.Classify, Grey(3, 8, 8), zeros(1, ScalarType.Int64), Randomness(published));

        Assert.Equal(59, script.Seen.Count);
        Assert.True((xAdv == script.Seen[57]).all().item<bool>());
        if (norm != Norm.Linf) return;
        // A proposal differs by one square from what was kept before; from what was thrown away it would differ by two.
        (int Base, int Tried)[] steps = [(1, 53), (1, 54), (54, 55), (54, 56), (56, 57)];
        foreach (var (kept, tried) in steps)
        {
            var changed = (script.Seen[tried] != script.Seen[kept]).any(1)[0];
            Assert.True(Extent(changed.any(0)) <= 4 && Extent(changed.any(1)) <= 4);
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public void What_is_not_turned_comes_back_at_its_least_margin_or_as_published_as_it_was(Norm norm, bool published)
    {
        using var scope = NewDisposeScope();
        var script = new Script(5, 4, 3, 3.5, 2, 6, 1);
        var x = Grey(1, 6, 6);
        var xAdv = new Square(new ThreatModel(norm, Sizes[norm]), Queries: 4)
            .With(Writing(published)).Perturb(script.Classify, x, zeros(1, ScalarType.Int64), Randomness(published));
        Assert.True((xAdv == (published ? x : script.Seen[4])).all().item<bool>());
    }

    [Theory, MemberData(nameof(Modes))]
    public void Every_proposal_is_in_the_ball_and_uses_all_of_it(Norm norm, bool published)
    {
        // From the middle of the box, which no perturbation of this size leaves.
        using var scope = NewDisposeScope();
        var script = new Script([.. Enumerable.Repeat(1.0, 60)]);
        var threat = new ThreatModel(norm, Sizes[norm]);
        var x = Grey(3, 10, 10);
        new Square(threat, Queries: 50).With(Writing(published)).Perturb(script.Classify, x, zeros(1, ScalarType.Int64), Randomness(published));
        foreach (var tried in script.Seen.Skip(1).Take(51))
        {
            // The projection onto an L1 ball aims a millionth short, and rounds once a pixel.
            Assert.InRange(threat.Distance(tried, x).item<double>(), threat.Epsilon * (1 - 1e-5), threat.Epsilon + 2 * threat.Rounding(300));
            if (norm == Norm.Linf) Assert.True(((tried - x).abs() - threat.Epsilon).abs().max().item<float>() < 1e-6);
        }
    }

    [Fact]
    public void The_squares_shrink_by_the_published_schedule()
    {
        (int Query, double Share)[] schedule =
        [
            (0, 0.8), (10, 0.8), (11, 0.4), (50, 0.4), (51, 0.2), (200, 0.2), (201, 0.1), (501, 0.05), (1001, 0.025),
            (2001, 0.0125), (4001, 0.00625), (6001, 0.003125), (8000, 0.003125), (8001, 0.0015625), (20000, 0.0015625),
        ];
        foreach (var (query, share) in schedule) Assert.Equal(share, Square.SquareShare(query), 1e-15);
    }

    [Theory, InlineData(Norm.Linf, 1e-9), InlineData(Norm.L2, 0.2), InlineData(Norm.L1, 0.35)]
    public void It_comes_near_the_best_point_for_a_linear_classifier(Norm norm, double shortfall)
    {
        // The margin w·x + 10 falls fastest along −w and never below zero. In L∞ single pixels are tried in the end; in the
        // other norms the least change is a pyramid of nine pixels, which no single pixel's optimum is made of.
        using var scope = NewDisposeScope();
        var threat = new ThreatModel(norm, 0.1);
        var w = Reference.Wave([1, 1, 5, 5], 1.3, 0.2);
        Tensor f(Tensor images) => stack([(images * w).sum([1, 2, 3]) + 10, zeros_like(images[.., 0, 0, 0])], 1);
        var x = full([1, 1, 5, 5], 0.5, ScalarType.Float64);

        var xAdv = new Square(threat, Queries: 1500).Perturb(f, x, zeros(1, ScalarType.Int64), Randomness(published: false));

        var gained = ((x - xAdv) * w).sum().item<double>();
        var best = 0.1 * (norm switch
        {
            Norm.Linf => w.abs().sum(),
            Norm.L2 => w.square().sum().sqrt(),
            _ => w.abs().max(),
        }).item<double>();
        Assert.InRange(gained / best, 1 - shortfall, 1 + 1e-9);
    }

    private static Tensor Grey(long channels, long h, long w) => full([1, channels, h, w], 0.5, ScalarType.Float32);

    private static Fidelity Writing(bool published) => published ? Fidelity.Published : Fidelity.Corrected;

    private static Noise Randomness(bool published) => published ? Noise.Published(3) : Noise.Keyed(3, zeros(1, ScalarType.Int64));

    /// <summary>How far apart the first and the last true place are, both counted.</summary>
    private static long Extent(Tensor places)
    {
        var at = places.nonzero().flatten();
        return at.shape[0] == 0 ? 0 : at[^1].item<long>() - at[0].item<long>() + 1;
    }

    /// <summary>A classifier of one image whose margins are written beforehand, and the images that it was shown.</summary>
    private sealed class Script(params double[] margins)
    {
        public List<Tensor> Seen { get; } = [];

        public Tensor Classify(Tensor x)
        {
            Seen.Add(x.clone().MoveToOuterDisposeScope().DetachFromDisposeScope());
            return tensor(new[] { (float)margins[Seen.Count - 1], 0f }).reshape(1, 2);
        }
    }
}
