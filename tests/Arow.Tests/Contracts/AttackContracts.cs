namespace Arow.Tests.Contracts;

/// <summary>What every attack of the Catalog keeps to, in every norm.</summary>
[Numeric]
public sealed class AttackContracts
{
    private const int N = 4;

    /// <summary>Little, so that the suite is quick, and enough for every kind of loop to go round more than once.</summary>
    private static readonly AttackBudget Small = new(Restarts: 2, Steps: 20, Queries: 200, Targets: 2);

    private static readonly Dictionary<Norm, double> Sizes = new() { [Norm.Linf] = 0.03, [Norm.L2] = 0.4, [Norm.L1] = 3 };

    public static TheoryData<string, Norm> All
    {
        get
        {
            var all = new TheoryData<string, Norm>();
            foreach (var (attack, method) in Catalog.Attacks)
            {
                foreach (var norm in method.Norms) all.Add(attack, norm);
            }
            return all;
        }
    }

    [Fact]
    public void Where_an_attack_makes_no_sense_it_is_refused_in_one_line()
    {
        var refused = new List<string>();
        foreach (var (name, method) in Catalog.Attacks)
        {
            foreach (var norm in Sizes.Keys.Except(method.Norms))
            {
                var message = Assert.Throws<InputException>(() => method.Create(new ThreatModel(norm, 1), AttackBudget.Default)).Message;
                Assert.Equal(Catalog.ValidateNorm(name, norm), message);
                refused.Add($"{name} {norm}");
            }
            foreach (var norm in method.Norms) Assert.Null(Catalog.ValidateNorm(name, norm));
        }
        // Written out, so that none goes missing without anyone's having decided it.
        Assert.Equal(["deepfool L1", "cw Linf", "cw L1", "ead Linf", "ead L2", "hopskipjump L1"], refused);
        Assert.Equal("attack 'deepfool' exists in l2 and linf, not in l1", Catalog.ValidateNorm("deepfool", Norm.L1));
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
        var distance = attack.Threat.Distance(xAdv, x);
        Assert.InRange(distance.max().item<double>(), 0, Sizes[norm] + attack.Threat.Rounding(x[0].numel()));
        // It uses its budget or needs no more; one step in L1 moves one pixel, which the box may stop early.
        var used = (distance >= Sizes[norm] / (norm == Norm.L1 ? 4 : 2)) | (f(xAdv).argmax(1) != y);
        Assert.True((norm == Norm.L1 ? used.any() : used.all()).item<bool>());

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
        var (_, f, x, y) = Setting(name, new ThreatModel(norm, 0));
        var attack = Catalog.Attacks[name].Create(new ThreatModel(norm, 0), Small with { Steps = 5, Queries = 50 });
        Assert.True((attack.Perturb(f, x, y, Keyed(0)) == x).all().item<bool>());
    }

    [Theory, MemberData(nameof(All))]
    public void It_leaves_no_tensor_behind_and_the_images_as_they_were(string name, Norm norm)
    {
        using var scope = NewDisposeScope();
        var (attack, f, x, y) = Setting(name, new ThreatModel(norm, Sizes[norm]));
        attack = Catalog.Attacks[name].Create(attack.Threat, Small with { Steps = 2, Queries = 10 });
        attack = attack switch
        {
            CarliniWagner cw => cw with { BinarySearchSteps = 2, MinimizePerturbation = true },
            ElasticNet ead => ead with { BinarySearchSteps = 2, MinimizePerturbation = true },
            HopSkipJump jump => jump with { Queries = 120, InitialQueries = 16, MinimizePerturbation = true },
            _ => attack,
        };
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
    public void It_asks_about_as_much_as_it_says(string name, Norm norm)
    {
        using var scope = NewDisposeScope();
        var (_, f, x, y) = Setting(name, new ThreatModel(norm, 1e-6));
        var attack = Catalog.Attacks[name].Create(new ThreatModel(norm, 1e-6), new(Restarts: 2, Steps: 6, Queries: 40, Targets: 2));
        long forward = 0, backward = 0;
        attack.Perturb(images =>
        {
            forward += images.shape[0];
            if (images.requires_grad) backward += images.shape[0];
            return f(images);
        }, x, y, Keyed(0)).Dispose();
        var (asked, said) = ((forward + 2.0 * backward) / N, attack.Passes(classes: 10));
        // Those that look for the nearest point can be done early, or take several backward passes for a forward one.
        var mayBeDone = attack is CarliniWagner or ElasticNet or DeepFool or HopSkipJump or Fab or AutoAttack;
        Assert.InRange(asked, mayBeDone ? 1 : said / 1.5, 1.5 * said + 5);
    }

    [Theory, MemberData(nameof(All))]
    public void It_finds_the_best_point_for_a_linear_classifier(string name, Norm norm)
    {
        // z = (w·x + b, −w·x − b): the loss rises along −w for class 0; in the middle of the box the optimum is known. The
        // boundary is out of reach, so that who looks for the nearest way over it is brought back to the same optimum.
        using var scope = NewDisposeScope();
        var ε = 0.1;
        var threat = new ThreatModel(norm, ε);
        var attack = Create(name, threat);
        // These two have found what they look for once the class changes: see FabTests and SquareTests. So has an ensemble,
        // whose last part is one of them.
        if (attack is Fab or Square or AutoAttack) return;
        var w = Reference.Wave([1, 1, 4, 4], 1.3, 0.2);
        Tensor f(Tensor images)
        {
            var score = (images * w).sum([1, 2, 3]) + 0.8;
            return stack([score, -score], 1);
        }
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
        // HopSkipJump knows directions from samples.
        var share = norm == Norm.L1 || name == "hopskipjump" ? 0.9 : name == "cw" ? 0.98 : 0.999;
        Assert.InRange(gained, share * best, best * (1 + 1e-9));
    }

    private static (IAttack Attack, Classifier F, Tensor X, Tensor Y) Setting(
        string name, ThreatModel threat, ScalarType type = ScalarType.Float32)
    {
        var f = Reference.ToyNetwork(0);
        var x = Reference.Image([N, 3, 8, 8], 0.83, 0.4).to(type);
        return (Create(name, threat), f, x, f(x).argmax(1));
    }

    /// <summary>With no more steps and queries than it takes to see what is to be seen.</summary>
    private static IAttack Create(string name, ThreatModel threat) => Catalog.Attacks[name].Create(threat, name switch
    {
        "cw" or "ead" => new AttackBudget(Steps: 60),
        "hopskipjump" => new AttackBudget(Queries: 500),
        _ => Small,
    });

    private static Noise Keyed(int first, int count = N) =>
        Noise.Keyed(7, arange(first, first + count, dtype: ScalarType.Int64));
}
