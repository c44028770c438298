using Arow.Objectives;

namespace Arow.Tests.Unit.Objectives;

/// <summary>Weights, divergences and their exchange.</summary>
[Numeric]
public sealed class ComposedObjectiveTests
{
    private const int N = 5, K = 4;

    [Fact]
    public void Exchanging_the_weight_turns_the_methods_into_each_other()
    {
        using var scope = NewDisposeScope();
        // ARoW of λ is TRADES-LS of 2λ with the samples weighed, and so on around.
        var arow = new Arow.Objectives.Arow(3.5, 0.2);
        AssertSame(arow, new ComposedObjective(new Trades(7, 0.2), SampleWeight.NonRobust));
        AssertSame(new Cow(3.5, 0.2), new ComposedObjective(arow, SampleWeight.Confident));
        AssertSame(new Trades(7, 0.2), new ComposedObjective(arow, SampleWeight.None));
        AssertSame(new ComposedObjective(new Mart(5), SampleWeight.None), new ComposedObjective(new Mart(5), SampleWeight.None, Divergence.Kl));
    }

    [Fact]
    public void Every_divergence_takes_its_place_and_nothing_else_changes()
    {
        using var scope = NewDisposeScope();
        var (z, zAdv, y) = Logits(requiresGrad: false);
        double[][] p = Rows(F.softmax(z, 1)), q = Rows(F.softmax(zAdv, 1)), a = Rows(z), b = Rows(zAdv);
        double Kl(double[] s, double[] t) => s.Zip(t, (u, v) => u * Math.Log(u / v)).Sum();
        double Variance(double[] d) => d.Average(e => Math.Pow(e - d.Average(), 2));
        double[] Mid(double[] s, double[] t) => [.. s.Zip(t, (u, v) => (u + v) / 2)];
        var plain = new Dictionary<string, Func<int, double>>
        {
            ["kl"] = i => Kl(p[i], q[i]),
            ["revkl"] = i => Kl(q[i], p[i]),
            ["js"] = i => (Kl(p[i], Mid(p[i], q[i])) + Kl(q[i], Mid(p[i], q[i]))) / 2,
            ["mse"] = i => a[i].Zip(b[i], (u, v) => (u - v) * (u - v)).Average(),
            ["ikl"] = i => 5 * Variance([.. a[i].Zip(b[i], (u, v) => u - v)]) / 2 + Kl(p[i], q[i]),
        };
        Assert.Equal(plain.Keys, Divergence.All.Select(d => d.Name));
        var labels = y.data<long>().ToArray();
        foreach (var divergence in Divergence.All)
        {
            var expected = Enumerable.Range(0, N)
                .Average(i => -Math.Log(p[i][labels[i]]) + 3 * plain[divergence.Name](i) * (1 - q[i][labels[i]]));
            // 1e-12 is added to q inside the logarithms of the published KL.
            Assert.Equal(expected, Loss(new ComposedObjective(new Trades(3), SampleWeight.NonRobust, divergence), z, zAdv, y).item<double>(), 1e-9);
        }
    }

    [Fact]
    public void Weights_are_what_they_say()
    {
        using var scope = NewDisposeScope();
        var (z, zAdv, y) = Logits(requiresGrad: false);
        double[][] p = Rows(F.softmax(z, 1)), q = Rows(F.softmax(zAdv, 1)), b = Rows(zAdv);
        var labels = y.data<long>().ToArray();
        var plain = new Dictionary<string, Func<int, double>>
        {
            ["none"] = _ => 1,
            ["non-robust"] = i => 1 - q[i][labels[i]],
            ["confident"] = i => p[i][labels[i]],
            ["unsure"] = i => 1 - p[i][labels[i]],
            ["awr"] = i => (p[i][labels[i]] + 1 - q[i][labels[i]]) / 2,
            ["margin"] = i => 1 / (1 + Math.Exp(b[i][labels[i]] - b[i].Where((_, k) => k != labels[i]).Max())),
            ["reversed"] = i => q[i][labels[i]] / labels.Select((y, j) => q[j][y]).Average() * labels.Select((y, j) => 1 - q[j][y]).Average(),
        };
        // Which sample a permuted weight is taken from is no matter of the sample alone: see below.
        Assert.Equal(plain.Keys.Append("permuted"), SampleWeight.All.Select(w => w.Name));
        foreach (var weight in SampleWeight.All.Where(w => w.Draw is null))
            Reference.AssertClose([.. Enumerable.Range(0, N).Select(plain[weight.Name])], weight.Compute(z, zAdv, y), 1e-12);

        // Of two classes the strongest rival is the only one.
        Reference.AssertClose(
            SampleWeight.NonRobust.Compute(z[.., ..2], zAdv[.., ..2], y.remainder(2)).data<double>().ToArray(),
            SampleWeight.Margin.Compute(z[.., ..2], zAdv[.., ..2], y.remainder(2)), 1e-12);
    }

    /// <summary>As much regularization as ARoW's in every batch, and none where it has most.</summary>
    [Fact]
    public void Reversed_weights_have_the_mean_of_arows_and_the_opposite_order()
    {
        using var scope = NewDisposeScope();
        foreach (var scale in (double[])[0.1, 1, 20])
        {
            var (z, zAdv, y) = (zeros(N, K, dtype: ScalarType.Float64), scale * Reference.Wave([N, K], 1.08, 0.7), Logits(requiresGrad: false).Y);
            var (arow, reversed) = (SampleWeight.NonRobust.Compute(z, zAdv, y), SampleWeight.Reversed.Compute(z, zAdv, y));
            Assert.Equal(arow.mean().item<double>(), reversed.mean().item<double>(), 1e-10);
            Assert.Equal(arow.argsort().data<long>().ToArray(), reversed.argsort(descending: true).data<long>().ToArray());
        }
        // No sample has any probability left: nothing is regularized, and nothing is divided by zero.
        var lost = tensor(new[,] { { 0f, 1e6f }, { 0f, 1e6f } }).requires_grad_();
        var none = SampleWeight.Reversed.Compute(lost, lost, tensor(new long[] { 0, 0 }));
        none.sum().backward();
        Assert.True(none.isfinite().all().item<bool>() && lost.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void The_gradient_of_a_reversed_weight_is_that_of_finite_differences()
    {
        using var scope = NewDisposeScope();
        var (_, zAdv, y) = Logits();
        Weighed(zAdv).backward();
        const double h = 1e-5;
        for (var i = 0; i < N * K; i++)
        {
            double Shifted(double by)
            {
                var moved = zAdv.detach().clone();
                moved[i / K, i % K] += by;
                return Weighed(moved).item<double>();
            }
            Assert.Equal((Shifted(h) - Shifted(-h)) / (2 * h), zAdv.grad![i / K, i % K].item<double>(), 1e-8);
        }

        // By numbers that differ, as divergences do: the mean of the weights alone would not tell where they went.
        Tensor Weighed(Tensor logits) => (SampleWeight.Reversed.Compute(logits, logits, y) * arange(1, N + 1, dtype: ScalarType.Float64)).mean();
    }

    [Fact]
    public void Permuted_weights_are_arows_of_other_samples_of_the_batch()
    {
        using var scope = NewDisposeScope();
        const int Many = 40;
        var (z, zAdv) = (1.7 * Reference.Wave([Many, K], 0.71, 0.2), 1.7 * Reference.Wave([Many, K], 1.08, 0.7));
        var y = arange(Many, dtype: ScalarType.Int64).remainder(K);
        double[] Drawn(Noise noise) => SampleWeight.Permuted.Draw!(noise).Compute(z, zAdv, y).data<double>().ToArray();
        var samples = arange(Many, dtype: ScalarType.Int64);
        var (arow, once) = (SampleWeight.NonRobust.Compute(z, zAdv, y).data<double>().ToArray(), Drawn(Noise.Keyed(1, samples)));

        Assert.Equal(arow.Order(), once.Order());
        // A permutation of so many leaves one in its place on average.
        Assert.InRange(arow.Zip(once).Count(w => w.First == w.Second), 0, 6);
        Assert.Equal(once, Drawn(Noise.Keyed(1, samples)));
        Assert.NotEqual(once, Drawn(Noise.Keyed(2, samples)));
        // By sample and not by place: another order of the batch takes nothing from anybody else.
        var backwards = tensor(Enumerable.Range(0, Many).Select(i => (long)(Many - 1 - i)).ToArray());
        var turned = SampleWeight.Permuted.Draw!(Noise.Keyed(1, samples.index_select(0, backwards)))
            .Compute(z.index_select(0, backwards), zAdv.index_select(0, backwards), y.index_select(0, backwards)).data<double>().ToArray();
        Assert.Equal(once.Order(), turned.Order());
        Assert.Contains("Weight.Draw", Assert.Throws<InvalidOperationException>(() => SampleWeight.Permuted.Compute(z, zAdv, y)).Message);
    }

    /// <summary>The loss and its gradient written out: KL of a sample times 1 − q_y of the sample that it was given.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void The_gradient_of_a_permuted_weight_goes_to_the_sample_it_is_of(bool detached)
    {
        using var scope = NewDisposeScope();
        var arow = new Arow.Objectives.Arow(3.5, 0.2);
        var (z, zAdv, y) = Logits();
        var noise = Noise.Keyed(3, arange(N, dtype: ScalarType.Int64));
        var controlled = new ComposedObjective(arow, SampleWeight.Permuted, DetachWeight: detached).Draw(noise);
        var loss = Loss(controlled, z, zAdv, y);
        loss.backward();

        long[] order = [.. noise.Uniform(zAdv.new_empty(N, 1)).flatten().data<double>().ToArray().Select((u, i) => (u, i)).OrderBy(p => p.u)
            .Select(p => (long)p.i)];
        Assert.NotEqual(Enumerable.Range(0, N).Select(i => (long)i), order);
        var (clean, adv, _) = Logits();
        var expected = zeros(1, dtype: ScalarType.Float64);
        for (var i = 0; i < N; i++)
        {
            var j = (int)order[i];
            var (p, q) = (F.softmax(clean[i], 0), F.softmax(adv[i], 0));
            var smoothed = 0.8 * -p[y[i]].log() + 0.2 * -p.log().mean();
            var weight = 1 - F.softmax(adv[j], 0)[y[j]];
            if (detached) weight = weight.detach();
            expected += (smoothed + 7 * (p * (p.log() - (q + 1e-12).log())).sum() * weight) / N;
        }
        expected.sum().backward();
        Assert.Equal(expected.item<double>(), loss.item<double>(), 1e-12);
        Reference.AssertClose(clean.grad!.flatten().data<double>().ToArray(), z.grad!, 1e-10);
        Reference.AssertClose(adv.grad!.flatten().data<double>().ToArray(), zAdv.grad!, 1e-10);
    }

    [Fact]
    public void A_detached_weight_has_the_value_and_not_the_gradient()
    {
        using var scope = NewDisposeScope();
        var arow = new Arow.Objectives.Arow(3.5, 0.2);
        var (z, zAdv, y) = Logits();
        Loss(arow, z, zAdv, y).backward();
        var (zToo, zAdvToo, _) = Logits();
        var detached = Loss(new ComposedObjective(arow, DetachWeight: true), zToo, zAdvToo, y);
        detached.backward();
        Assert.Equal(Loss(arow, z, zAdv, y).item<double>(), detached.item<double>(), 1e-12);

        // What is missing is the gradient of the weight: −2λ KL ∂q_y, batch mean.
        var (zFree, zAdvFree, _) = Logits();
        var kl = Losses.Kl(zFree, zAdvFree).detach();
        (-7 * kl * Losses.Probability(zAdvFree, y)).mean().backward();
        Reference.AssertClose((zAdv.grad! - zAdvFree.grad!).flatten().data<double>().ToArray(), zAdvToo.grad!, 1e-12);
        Reference.AssertClose(z.grad!.flatten().data<double>().ToArray(), zToo.grad!, 1e-12);
    }

    /// <summary>Means of classes reach the divergence that looks at them, be it the objective's own or exchanged, and no other.</summary>
    [Fact]
    public void Means_of_classes_go_through_to_the_divergence()
    {
        using var scope = NewDisposeScope();
        var (z, zAdv, y) = Logits(requiresGrad: false);
        var w = F.softmax(2 * Reference.Wave([N, K], 0.43, 0.9), 1);
        var own = Loss(new Ikl(4).WithClassMeans(w), z, zAdv, y).item<double>();
        Assert.Equal(own, Loss(new ComposedObjective(new Trades(4), Divergence: Divergence.ImprovedKl).WithClassMeans(w), z, zAdv, y).item<double>(),
            1e-12);
        Assert.Equal(own, Loss(new ComposedObjective(new Ikl(4), SampleWeight.None).WithClassMeans(w), z, zAdv, y).item<double>(), 1e-12);
        Assert.NotEqual(own, Loss(new Ikl(4), z, zAdv, y).item<double>(), 1e-3);
        Assert.True(new ComposedObjective(new Ikl(4)).DependsOnClassMeans
            && new ComposedObjective(new Trades(4), Divergence: Divergence.ImprovedKl).DependsOnClassMeans);
        Assert.False(new ComposedObjective(new Trades(4)).DependsOnClassMeans
            || new ComposedObjective(new Ikl(4), Divergence: Divergence.Kl).DependsOnClassMeans);
        Assert.False(new ComposedObjective(new Trades(4)).DependsOnGeometry);
        Assert.True(new ComposedObjective(new GairTrades(4)).DependsOnGeometry);
    }

    [Fact]
    public void Geometry_goes_through_to_the_source()
    {
        using var scope = NewDisposeScope();
        var (z, zAdv, y) = Logits(requiresGrad: false);
        var κ = tensor(new long[] { 0, 10, 3, 5, 8 });
        var weighed = new ComposedObjective(new GairTrades(6), SampleWeight.NonRobust).WithGeometry(κ, 10);
        double[] w = [.. κ.data<long>().Select(k => (Math.Tanh(-1 + 5 * (5.0 - k) / 5) + 1) / 2)];
        double[] natural = [.. Losses.CrossEntropy(z, y).data<double>()];
        var regularizer = Loss(new ComposedObjective(new Trades(6), SampleWeight.NonRobust), z, zAdv, y).item<double>() - natural.Average();
        Assert.Equal(
            w.Zip(natural, (a, b) => a / w.Average() * b).Average() + regularizer, Loss(weighed, z, zAdv, y).item<double>(), 1e-12);
        Assert.Same(new ComposedObjective(new Trades(6)).Base.GetType(), typeof(Trades));
    }

    private static void AssertSame(IObjective one, IObjective other)
    {
        var (z, zAdv, y) = Logits();
        var (zToo, zAdvToo, _) = Logits();
        var (a, b) = (Loss(one, z, zAdv, y), Loss(other, zToo, zAdvToo, y));
        a.backward();
        b.backward();
        Assert.Equal(a.item<double>(), b.item<double>(), 1e-12);
        Reference.AssertClose(z.grad!.flatten().data<double>().ToArray(), zToo.grad!, 1e-12);
        Reference.AssertClose(zAdv.grad!.flatten().data<double>().ToArray(), zAdvToo.grad!, 1e-12);
    }

    private static Tensor Loss(IObjective objective, Tensor z, Tensor zAdv, Tensor y)
    {
        var (x, xAdv) = (zeros(1), ones(1));
        return objective.Loss(images => ReferenceEquals(images, x) ? z : zAdv, x, xAdv, y);
    }

    private static double[][] Rows(Tensor t) => [.. Enumerable.Range(0, N).Select(i => t[i].data<double>().ToArray())];

    private static (Tensor Z, Tensor ZAdv, Tensor Y) Logits(bool requiresGrad = true) =>
        ((1.7 * Reference.Wave([N, K], 0.71, 0.2)).requires_grad_(requiresGrad),
            (1.7 * Reference.Wave([N, K], 1.08, 0.7)).requires_grad_(requiresGrad), tensor(new long[] { 1, 0, 3, 2, 1 }));
}
