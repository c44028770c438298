using Arow.Objectives;
using Arow.Tests.Golden;

namespace Arow.Tests.Unit.Objectives;

/// <summary>Weights, divergences and their exchange.</summary>
public sealed class RecombinedTests
{
    private const int N = 5, K = 4;

    [Fact]
    public void Exchanging_the_weight_turns_the_methods_into_each_other()
    {
        using var scope = NewDisposeScope();
        // ARoW of λ is TRADES-LS of 2λ with the samples weighed, and so on around.
        var arow = new Arow.Objectives.Arow(3.5, 0.2);
        AssertSame(arow, new Recombined(new Trades(7, 0.2), Weight.NonRobust));
        AssertSame(new Cow(3.5, 0.2), new Recombined(arow, Weight.Confident));
        AssertSame(new Trades(7, 0.2), new Recombined(arow, Weight.None));
        AssertSame(new Recombined(new Mart(5), Weight.None), new Recombined(new Mart(5), Weight.None, Divergence.Kl));
    }

    [Fact]
    public void Every_divergence_takes_its_place_and_nothing_else_changes()
    {
        using var scope = NewDisposeScope();
        var (z, zAdv, y) = Logits(requiresGrad: false);
        double[][] p = Rows(F.softmax(z, 1)), q = Rows(F.softmax(zAdv, 1)), a = Rows(z), b = Rows(zAdv);
        double Kl(double[] s, double[] t) => s.Zip(t, (u, v) => u * Math.Log(u / v)).Sum();
        double[] Mid(double[] s, double[] t) => [.. s.Zip(t, (u, v) => (u + v) / 2)];
        var plain = new Dictionary<string, Func<int, double>>
        {
            ["kl"] = i => Kl(p[i], q[i]),
            ["revkl"] = i => Kl(q[i], p[i]),
            ["js"] = i => (Kl(p[i], Mid(p[i], q[i])) + Kl(q[i], Mid(p[i], q[i]))) / 2,
            ["mse"] = i => a[i].Zip(b[i], (u, v) => (u - v) * (u - v)).Average(),
        };
        Assert.Equal(plain.Keys, Divergence.All.Select(d => d.Name));
        var labels = y.data<long>().ToArray();
        foreach (var divergence in Divergence.All)
        {
            var expected = Enumerable.Range(0, N)
                .Average(i => -Math.Log(p[i][labels[i]]) + 3 * plain[divergence.Name](i) * (1 - q[i][labels[i]]));
            // 1e-12 is added to q inside the logarithms of the published KL.
            Assert.Equal(expected, Loss(new Recombined(new Trades(3), Weight.NonRobust, divergence), z, zAdv, y).item<double>(), 1e-9);
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
            ["margin"] = i => 1 / (1 + Math.Exp(b[i][labels[i]] - b[i].Where((_, k) => k != labels[i]).Max())),
        };
        Assert.Equal(plain.Keys, Weight.All.Select(w => w.Name));
        foreach (var weight in Weight.All)
            Reference.AssertClose([.. Enumerable.Range(0, N).Select(plain[weight.Name])], weight.Of(z, zAdv, y), 1e-12);

        // Of two classes the strongest rival is the only one.
        Reference.AssertClose(
            Weight.NonRobust.Of(z[.., ..2], zAdv[.., ..2], y.remainder(2)).data<double>().ToArray(),
            Weight.Margin.Of(z[.., ..2], zAdv[.., ..2], y.remainder(2)), 1e-12);
    }

    [Fact]
    public void A_detached_weight_has_the_value_and_not_the_gradient()
    {
        using var scope = NewDisposeScope();
        var arow = new Arow.Objectives.Arow(3.5, 0.2);
        var (z, zAdv, y) = Logits();
        Loss(arow, z, zAdv, y).backward();
        var (zToo, zAdvToo, _) = Logits();
        var detached = Loss(new Recombined(arow, DetachWeight: true), zToo, zAdvToo, y);
        detached.backward();
        Assert.Equal(Loss(arow, z, zAdv, y).item<double>(), detached.item<double>(), 1e-12);

        // What is missing is the gradient of the weight: −2λ KL ∂q_y, batch mean.
        var (zFree, zAdvFree, _) = Logits();
        var kl = Losses.Kl(zFree, zAdvFree).detach();
        (-7 * kl * Losses.Probability(zAdvFree, y)).mean().backward();
        Reference.AssertClose((zAdv.grad! - zAdvFree.grad!).flatten().data<double>().ToArray(), zAdvToo.grad!, 1e-12);
        Reference.AssertClose(z.grad!.flatten().data<double>().ToArray(), zToo.grad!, 1e-12);
    }

    [Fact]
    public void Geometry_goes_through_to_the_source()
    {
        using var scope = NewDisposeScope();
        var (z, zAdv, y) = Logits(requiresGrad: false);
        var κ = tensor(new long[] { 0, 10, 3, 5, 8 });
        var weighed = new Recombined(new GairTrades(6), Weight.NonRobust).At(κ, 10);
        double[] w = [.. κ.data<long>().Select(k => (Math.Tanh(-1 + 5 * (5.0 - k) / 5) + 1) / 2)];
        double[] natural = [.. Losses.CrossEntropy(z, y).data<double>()];
        var regularizer = Loss(new Recombined(new Trades(6), Weight.NonRobust), z, zAdv, y).item<double>() - natural.Average();
        Assert.Equal(
            w.Zip(natural, (a, b) => a / w.Average() * b).Average() + regularizer, Loss(weighed, z, zAdv, y).item<double>(), 1e-12);
        Assert.Same(new Recombined(new Trades(6)).Source.GetType(), typeof(Trades));
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
