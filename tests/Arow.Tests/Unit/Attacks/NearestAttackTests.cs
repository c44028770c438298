namespace Arow.Tests.Unit.Attacks;

/// <summary>Attacks that look for the smallest perturbation, on classifiers whose smallest is known, and against plain steps.</summary>
[Numeric]
public sealed class NearestAttackTests
{
    private const double Score = 0.9, Everywhere = 100;

    private static Tensor W => Reference.Wave([1, 1, 4, 4], 1.3, 0.2);

    /// <summary>In the middle of the box: w·(x' − x) has to fall below −0.9 for class 1.</summary>
    private static Tensor Linear(Tensor images)
    {
        var score = ((images - 0.5) * W).sum([1, 2, 3]) + Score;
        return stack([score, zeros_like(score)], 1);
    }

    private static Tensor Grey => full([1, 1, 4, 4], 0.5, ScalarType.Float64);

    private static Tensor First => zeros(1, ScalarType.Int64);

    private static Noise Keyed(params long[] samples) => Noise.Keyed(7, tensor(samples));

    private static double Length(IAttack attack, Noise? noise = null)
    {
        using var scope = NewDisposeScope();
        var xAdv = attack.Perturb(Linear, Grey, First, noise ?? Keyed(0));
        Assert.Equal(1, Linear(xAdv).argmax(1).item<long>());
        return attack.Threat.Distance(xAdv, Grey).item<double>();
    }

    [Fact]
    public void DeepFool_goes_over_a_hyperplane_in_one_step_of_its_distance()
    {
        using var scope = NewDisposeScope();
        var (l2, l1) = (W.square().sum().sqrt().item<double>(), W.abs().sum().item<double>());
        Assert.Equal(1.02 * Score / l2, Length(new DeepFool(new ThreatModel(Norm.L2, Everywhere), Steps: 1)), 1e-12);
        Assert.Equal(1.02 * Score / l1, Length(new DeepFool(new ThreatModel(Norm.Linf, Everywhere), Steps: 1)), 1e-12);
    }

    [Fact]
    public void Carlini_and_Wagner_end_near_the_smallest_L2_perturbation()
    {
        using var scope = NewDisposeScope();
        // Bisection ends at a c above the least, and steps of 0.01 beyond the boundary: a few per cent.
        var threat = new ThreatModel(Norm.L2, Everywhere);
        var length = Length(new CarliniWagner(threat, Steps: 200) { InitialConstant = 0.1, BinarySearchSteps = 6, MinimizePerturbation = true });
        var best = Score / W.square().sum().sqrt().item<double>();
        Assert.InRange(length, best, 1.03 * best);
    }

    [Fact]
    public void The_elastic_net_ends_near_the_smallest_L1_perturbation_of_the_box()
    {
        using var scope = NewDisposeScope();
        // A pixel has room for 0.5: the smallest moves those of the largest weights, all the way, until the score is gone.
        var weights = W.abs().flatten().sort(descending: true).Values.data<double>().ToArray();
        var (left, best) = (Score, 0.0);
        foreach (var w in weights)
        {
            var move = Math.Min(0.5, left / w);
            (left, best) = (left - move * w, best + move);
            if (left <= 0) break;
        }
        var threat = new ThreatModel(Norm.L1, Everywhere);
        var attack = new ElasticNet(threat, Steps: 200)
        {
            InitialConstant = 0.1, BinarySearchSteps = 7, Shrinkage = 0.01,
            MinimizePerturbation = true
        };
        Assert.InRange(Length(attack), best, 1.1 * best);
        // The elastic net's own rule prefers many small changes: never shorter in L1.
        Assert.True(Length(attack with { Rule = DecisionRule.ElasticNet }) >= Length(attack));
    }

    [Theory, InlineData(Norm.L2), InlineData(Norm.Linf)]
    public void HopSkipJump_comes_near_a_hyperplane_and_nearer_with_more_queries(Norm norm)
    {
        using var scope = NewDisposeScope();
        var best = Score / (norm == Norm.L2 ? W.square().sum().sqrt() : W.abs().sum()).item<double>();
        var threat = new ThreatModel(norm, Everywhere);
        var (few, many) = (
            Length(new HopSkipJump(threat, 300) { MinimizePerturbation = true }),
            Length(new HopSkipJump(threat, 6000) { MinimizePerturbation = true }));
        Assert.InRange(many, best, 1.08 * best);
        Assert.True(few > many);
    }

    [Theory, InlineData(1), InlineData(40), InlineData(333), InlineData(2000)]
    public void HopSkipJump_asks_no_more_than_it_may(int queries)
    {
        using var scope = NewDisposeScope();
        var asked = 0L;
        Tensor counted(Tensor images)
        {
            asked += images.shape[0];
            return Linear(images);
        }
        new HopSkipJump(new ThreatModel(Norm.L2, Everywhere), queries) { MinimizePerturbation = true }.Perturb(counted, Grey, First, Keyed(0));
        Assert.InRange(asked, Math.Min(queries, 1), queries);
    }

    [Fact]
    public void HopSkipJump_finds_a_beginning_where_fine_noise_is_all_one_class()
    {
        // The mean of 1024 uniform numbers is never below 0.3; that of one colour often is.
        using var scope = NewDisposeScope();
        Tensor f(Tensor images) => cat([images.mean([1, 2, 3]).unsqueeze(1), full([images.shape[0], 1], 0.3)], 1);
        var attack = new HopSkipJump(new ThreatModel(Norm.L2, Everywhere), 300);
        var xAdv = attack.Perturb(f, full([2, 1, 32, 32], 0.8f), zeros(2, ScalarType.Int64), Keyed(0, 1));
        Assert.True((f(xAdv).argmax(1) == 1).all().item<bool>());
    }

    [Fact]
    public void Once_an_image_of_the_ball_is_misclassified_it_is_done_unless_told_otherwise()
    {
        var asked = 0;
        Tensor counted(Tensor images)
        {
            asked++;
            return Linear(images);
        }
        IAttack[] attacks =
        [
            new CarliniWagner(new ThreatModel(Norm.L2, Everywhere), Steps: 30) { InitialConstant = 1 },
            new ElasticNet(new ThreatModel(Norm.L1, Everywhere), Steps: 30) { InitialConstant = 1 },
            new HopSkipJump(new ThreatModel(Norm.L2, Everywhere), 1000),
        ];
        IAttack[] toTheEnd =
        [
            (CarliniWagner)attacks[0] with { MinimizePerturbation = true }, (ElasticNet)attacks[1] with { MinimizePerturbation = true },
            (HopSkipJump)attacks[2] with { MinimizePerturbation = true },
        ];
        foreach (var (brief, thorough) in attacks.Zip(toTheEnd))
        {
            using var scope = NewDisposeScope();
            asked = 0;
            var near = brief.Perturb(counted, Grey, First, Keyed(0));
            var spent = asked;
            asked = 0;
            var nearer = thorough.Perturb(counted, Grey, First, Keyed(0));
            Assert.True(asked > 2 * spent, $"{brief.Name}: {asked} passes after {spent}");
            Assert.True(brief.Threat.Distance(nearer, Grey).item<double>() <= brief.Threat.Distance(near, Grey).item<double>());
        }
    }

    [Fact]
    public void Samples_fare_alike_alone_and_in_company_to_the_end()
    {
        using var scope = NewDisposeScope();
        var f = Reference.ToyNetwork(0);
        var x = Reference.Image([4, 3, 8, 8], 2.03, 0.4);
        var y = f(x).argmax(1);
        IAttack[] attacks =
        [
            new CarliniWagner(new ThreatModel(Norm.L2, Everywhere), Steps: 30) { InitialConstant = 1, BinarySearchSteps = 3,
                MinimizePerturbation = true },
            new ElasticNet(new ThreatModel(Norm.L1, Everywhere), Steps: 30) { InitialConstant = 1, BinarySearchSteps = 3,
                MinimizePerturbation = true },
            new HopSkipJump(new ThreatModel(Norm.Linf, Everywhere), 400) { MinimizePerturbation = true },
        ];
        foreach (var attack in attacks)
        {
            var together = attack.Perturb(f, x, y, Keyed(0, 1, 2, 3));
            for (var i = 0; i < 4; i++)
            {
                var alone = attack.Perturb(f, x[i..(i + 1)], y[i..(i + 1)], Keyed(i));
                Assert.True((alone - together[i..(i + 1)]).abs().max().item<double>() < 1e-7, $"{attack.Name}, sample {i}");
            }
        }
    }

    [Fact]
    public void Images_misclassified_from_the_start_are_given_back_and_nothing_else_is_disturbed()
    {
        using var scope = NewDisposeScope();
        var f = Reference.ToyNetwork(0);
        var x = Reference.Image([3, 3, 8, 8], 2.03, 0.4);
        var y = f(x).argmax(1);
        y[1] = (y[1] + 1).remainder(10);
        var l2 = new ThreatModel(Norm.L2, 1);
        foreach (var attack in (IAttack[])[new DeepFool(l2), new CarliniWagner(l2, 20) { InitialConstant = 1 }, new HopSkipJump(l2, 300)])
        {
            var distance = attack.Threat.Distance(attack.Perturb(f, x, y, Keyed(0, 1, 2)), x);
            Assert.Equal(0, distance[1].item<double>());
            Assert.True(distance[0].item<double>() > 0 && distance[2].item<double>() > 0);
        }
    }

    [Fact]
    public void In_training_images_come_back_without_a_graph_and_weights_without_a_gradient()
    {
        using var scope = NewDisposeScope();
        using var head = nn.Linear(12, 3, dtype: ScalarType.Float64);
        Tensor f(Tensor images) => head.forward(images.flatten(1));
        var x = Reference.Image([4, 3, 2, 2], 0.7, 0.3);
        var y = f(x).argmax(1).detach();
        foreach (var method in Catalog.Attacks.Where(a => a.Key is "mim" or "deepfool" or "cw" or "ead" or "hopskipjump").Select(a => a.Value))
        {
            var budget = new AttackBudget(Steps: method.Uses.Contains("steps") ? 5 : null, Queries: method.Uses.Contains("queries") ? 300 : null);
            var attack = method.Create(new ThreatModel(method.Norms[0], 0.5), budget);
            var xAdv = attack.Perturb(f, x, y, Keyed(0, 1, 2, 3));
            Assert.False(xAdv.requires_grad);
            Assert.Null(head.weight!.grad);
            f(xAdv).sum().backward();
            Assert.NotNull(head.weight.grad);
            head.zero_grad();
        }
    }
}
