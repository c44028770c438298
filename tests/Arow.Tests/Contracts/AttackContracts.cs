using Arow.Attacks;
using Arow.Tests.Golden;

namespace Arow.Tests.Contracts;

/// <summary>What every attack of the Catalog keeps to, in every norm.</summary>
public sealed class AttackContracts
{
    private const int N = 6;

    /// <summary>Little, so that the suite is quick, and enough for every kind of loop to go round more than once.</summary>
    private static readonly AttackBudget Small = new(Restarts: 2, Steps: 20, Queries: 200, Targets: 2);

    private static readonly Dictionary<Norm, double> Sizes = new() { [Norm.Linf] = 0.03, [Norm.L2] = 0.4, [Norm.L1] = 3 };

    public static TheoryData<string, Norm> All
    {
        get
        {
            var all = new TheoryData<string, Norm>();
            foreach (var attack in Catalog.Attacks.Keys)
            {
                foreach (var norm in Sizes.Keys) all.Add(attack, norm);
            }
            return all;
        }
    }

    [Theory, MemberData(nameof(All))]
    public void It_stays_in_the_ball_and_the_box_and_repeats_itself_to_the_bit(string name, Norm norm)
    {
        using var scope = NewDisposeScope();
        var (attack, f, x, y) = Setting(name, new ThreatModel(norm, Sizes[norm]));
        var xAdv = attack.Perturb(f, x, y, Keyed(0));

        Assert.Equal(x.shape, xAdv.shape);
        Assert.Equal(x.dtype, xAdv.dtype);
        Assert.False(xAdv.requires_grad);
        Assert.True(xAdv.min().item<float>() >= 0 && xAdv.max().item<float>() <= 1);
        var farthest = attack.Threat.Distance(xAdv, x).max().item<double>();
        // It uses its budget; a single L1 step moves one pixel, which the box may stop early. FAB goes no farther than it must.
        var least = attack is Fab ? 1e-3 * Sizes[norm] : Sizes[norm] / (norm == Norm.L1 ? 4 : 2);
        Assert.InRange(farthest, least, Sizes[norm] + attack.Threat.Rounding(x[0].numel()));

        Assert.True((attack.Perturb(f, x, y, Keyed(0)) == xAdv).all().item<bool>());
    }

    [Theory, MemberData(nameof(All))]
    public void A_sample_fares_the_same_alone_as_in_company(string name, Norm norm)
    {
        using var scope = NewDisposeScope();
        // In float64, so that sums taken in another order cannot turn a sign.
        var (attack, f, x, y) = Setting(name, new ThreatModel(norm, Sizes[norm]), ScalarType.Float64);
        var together = attack.Perturb(f, x, y, Keyed(0));
        for (var i = 0; i < N; i++)
        {
            var alone = attack.Perturb(f, x[i..(i + 1)], y[i..(i + 1)], Keyed(i, 1));
            Assert.True((alone - together[i..(i + 1)]).abs().max().item<double>() < 1e-9);
        }
    }

    [Theory, MemberData(nameof(All))]
    public void No_budget_gives_the_images_back(string name, Norm norm)
    {
        using var scope = NewDisposeScope();
        var (attack, f, x, y) = Setting(name, new ThreatModel(norm, 0));
        Assert.True((attack.Perturb(f, x, y, Keyed(0)) == x).all().item<bool>());
    }

    [Theory, MemberData(nameof(All))]
    public void It_leaves_no_tensor_behind_and_the_images_as_they_were(string name, Norm norm)
    {
        using var scope = NewDisposeScope();
        var (attack, f, x, y) = Setting(name, new ThreatModel(norm, Sizes[norm]));
        attack = Catalog.Attacks[name].Create(attack.Threat, Small with { Steps = 2, Queries = 10 });
        var before = x.clone();
        var noise = Keyed(0);
        LiveTensors.AssertNoneLeft(() => attack.Perturb(f, x, y, noise).Dispose());
        Assert.True((x == before).all().item<bool>());
        Assert.False(x.requires_grad);
    }

    [Theory, MemberData(nameof(All))]
    public void It_sees_no_more_than_it_says(string name, Norm norm)
    {
        // Constants have no gradient: asking for one throws. Where labels are all that is asked for, any order-preserving
        // change of the scores is invisible.
        using var scope = NewDisposeScope();
        var (attack, f, x, y) = Setting(name, new ThreatModel(norm, Sizes[norm]), ScalarType.Float64);
        if (attack.Needs == Access.Gradients)
        {
            Assert.ThrowsAny<Exception>(() => attack.Perturb(images => f(images).detach(), x, y, Keyed(0)));
            return;
        }
        var xAdv = attack.Perturb(f, x, y, Keyed(0));
        Assert.True((attack.Perturb(images => f(images).detach(), x, y, Keyed(0)) == xAdv).all().item<bool>());
        if (attack.Needs == Access.Labels)
            Assert.True((attack.Perturb(images => f(images).exp() * 3 + 1, x, y, Keyed(0)) == xAdv).all().item<bool>());
    }

    [Theory, MemberData(nameof(All))]
    public void It_finds_the_best_point_for_a_linear_classifier(string name, Norm norm)
    {
        // z = (w·x, −w·x): the loss rises along −w for class 0; in the middle of the box the optimum is known.
        using var scope = NewDisposeScope();
        var ε = 0.1;
        var threat = new ThreatModel(norm, ε);
        var attack = Catalog.Attacks[name].Create(threat, Small);
        // These two have found what they look for once the class changes: see their own tests.
        if (attack is Fab or Square) return;
        var w = Reference.Wave([1, 1, 4, 4], 1.3, 0.2);
        Tensor f(Tensor images) => stack([(images * w).sum([1, 2, 3]), -(images * w).sum([1, 2, 3])], 1);
        var x = full([1, 1, 4, 4], 0.5, ScalarType.Float64);

        var xAdv = attack.Perturb(f, x, zeros(1, ScalarType.Int64), Keyed(0, 1));

        var gained = ((x - xAdv) * w).sum().item<double>();
        var best = ε * (norm switch
        {
            Norm.Linf => w.abs().sum(),
            Norm.L2 => w.square().sum().sqrt(),
            _ => w.abs().max(),
        }).item<double>();
        // KL may rise on either side of the clean prediction. L1 steps move one pixel of these sixteen and cannot take
        // the random start wholly back; on the L2 sphere the way to the optimum shortens by a factor a step.
        if (name.EndsWith("-kl", StringComparison.Ordinal)) gained = Math.Abs(gained);
        var share = norm == Norm.L1 ? 0.9 : 0.999;
        Assert.InRange(gained, share * best, best * (1 + 1e-9));
    }

    private static (IAttack Attack, Classifier F, Tensor X, Tensor Y) Setting(
        string name, ThreatModel threat, ScalarType type = ScalarType.Float32)
    {
        var f = Reference.ToyNetwork(0);
        var x = Reference.Image([N, 3, 8, 8], 0.83, 0.4).to(type);
        return (Catalog.Attacks[name].Create(threat, Small), f, x, f(x).argmax(1));
    }

    private static Noise Keyed(int first, int count = N) =>
        Noise.Keyed(7, arange(first, first + count, dtype: ScalarType.Int64));
}
