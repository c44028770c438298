using Arow.Objectives;
using Arow.Tests.Golden;

namespace Arow.Tests.Contracts;

/// <summary>What every objective of the Catalog keeps to.</summary>
public sealed class ObjectiveContracts
{
    private const int N = 5, K = 4;

    public static TheoryData<string> All => [.. Catalog.Objectives.Keys];

    [Theory, MemberData(nameof(All))]
    public void Its_gradient_is_that_of_finite_differences(string name)
    {
        using var scope = NewDisposeScope();
        var objective = Create(name);
        var (z, zAdv, y) = Logits(1.7);
        z.requires_grad_();
        zAdv.requires_grad_();
        Loss(objective, z, zAdv, y).backward();

        const double h = 1e-5;
        foreach (var logits in new[] { z, zAdv })
        {
            for (var i = 0; i < N * K; i++)
            {
                double Shifted(double by)
                {
                    var moved = logits.detach().clone();
                    moved[i / K, i % K] += by;
                    return (ReferenceEquals(logits, z)
                        ? Loss(objective, moved, zAdv.detach(), y)
                        : Loss(objective, z.detach(), moved, y)).item<double>();
                }
                // The error of a central difference is of order h² in float64 rounding of 1e-16 / h.
                var slope = (Shifted(h) - Shifted(-h)) / (2 * h);
                Assert.Equal(slope, logits.grad?[i / K, i % K].item<double>() ?? 0, 1e-8);
            }
        }
    }

    [Theory, MemberData(nameof(All))]
    public void The_order_of_the_samples_does_not_matter(string name)
    {
        using var scope = NewDisposeScope();
        var objective = Create(name);
        var (z, zAdv, y) = Logits(2.3);
        var order = tensor(new long[] { 3, 0, 4, 1, 2 });
        var shuffled = Loss(objective, z.index_select(0, order), zAdv.index_select(0, order), y.index_select(0, order));
        Assert.Equal(Loss(objective, z, zAdv, y).item<double>(), shuffled.item<double>(), 1e-12);
    }

    [Theory, MemberData(nameof(All))]
    public void Saturated_logits_give_finite_losses_and_gradients(string name)
    {
        using var scope = NewDisposeScope();
        var objective = Create(name);
        foreach (var scale in new[] { 100f, 1e4f })
        {
            var (z, zAdv, y) = Logits(scale);
            var (clean, adv) = (z.to(ScalarType.Float32).requires_grad_(), zAdv.to(ScalarType.Float32).requires_grad_());
            var loss = Loss(objective, clean, adv, y);
            loss.backward();
            Assert.True(float.IsFinite(loss.item<float>()));
            foreach (var gradient in new[] { clean.grad, adv.grad })
                Assert.True(gradient is null || gradient.isfinite().all().item<bool>());
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Without_a_penalty_only_the_natural_term_is_left(string name)
    {
        var method = Catalog.Objectives[name];
        if (method.Lambda is null) return;
        using var scope = NewDisposeScope();
        var (z, zAdv, y) = Logits(1.1);
        var free = Loss(method.Create(0, method.Smoothing ?? 0), z, zAdv, y).item<double>();
        var natural = name == "mart" ? Losses.BoostedCrossEntropy(zAdv, y) : Losses.CrossEntropy(z, y, method.Smoothing ?? 0);
        Assert.Equal(natural.mean().item<double>(), free, 1e-12);
        Assert.True(Loss(method.Create(2, method.Smoothing ?? 0), z, zAdv, y).item<double>() > free);
        // Equal predictions: nothing to penalise.
        Assert.Equal(
            Loss(method.Create(0, 0), z, z.alias(), y).item<double>(), Loss(method.Create(2, 0), z, z.alias(), y).item<double>(), 1e-9);
    }

    [Theory, MemberData(nameof(All))]
    public void It_leaves_no_tensor_behind(string name)
    {
        using var scope = NewDisposeScope();
        var objective = Create(name);
        var (z, zAdv, y) = Logits(1.7);
        LiveTensors.AssertNoneLeft(() => Loss(objective, z, zAdv, y).Dispose());
    }

    private static IObjective Create(string name) =>
        Catalog.Objectives[name].Create(Catalog.Objectives[name].Lambda ?? 0, Catalog.Objectives[name].Smoothing ?? 0);

    private static Tensor Loss(IObjective objective, Tensor z, Tensor zAdv, Tensor y)
    {
        var (x, xAdv) = (zeros(1), ones(1));
        using (x)
        using (xAdv)
        {
            return objective.Loss(images => ReferenceEquals(images, x) ? z : zAdv, x, xAdv, y);
        }
    }

    private static (Tensor Z, Tensor ZAdv, Tensor Y) Logits(double scale) =>
        (scale * Reference.Wave([N, K], 0.71, 0.2), scale * Reference.Wave([N, K], 1.08, 0.7),
            tensor(new long[] { 1, 0, 3, 2, 1 }));
}
