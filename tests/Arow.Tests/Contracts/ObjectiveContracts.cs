using Arow.Objectives;

namespace Arow.Tests.Contracts;

/// <summary>What every objective of the Catalog keeps to.</summary>
[Numeric]
public sealed class ObjectiveContracts
{
    private const int N = 5, K = 4;

    public static TheoryData<string> All => [.. Catalog.Objectives.Keys];

    [Theory, MemberData(nameof(All))]
    public void Its_gradient_is_that_of_finite_differences(string name)
    {
        // It holds p fast, so that its gradient is no slope of its value: both stand in newer-methods.json.
        if (name == "ikl-at") return;
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
        var shuffled = Loss(objective, z.index_select(0, order), zAdv.index_select(0, order), y.index_select(0, order), order);
        Assert.Equal(Loss(objective, z, zAdv, y).item<double>(), shuffled.item<double>(), 1e-12);
    }

    /// <summary>Labels of mixed and softened images go through every objective that has a meaning for them.</summary>
    [Theory, MemberData(nameof(All))]
    public void Probabilities_of_one_are_classes_and_those_between_lie_between(string name)
    {
        using var scope = NewDisposeScope();
        var objective = Create(name);
        if (objective is INeedsClass) return;
        var (z, zAdv, y) = Logits(1.7);
        var (one, other) = (F.one_hot(y, K).to(ScalarType.Float64), F.one_hot((y + 1).remainder(K), K).to(ScalarType.Float32));
        double Of(Tensor labels) => Loss(objective, z, zAdv, labels).item<double>();
        Assert.Equal(Of(y), Of(one), 1e-12);
        // Nothing here is but linear in the label.
        Assert.Equal(0.3 * Of(one) + 0.7 * Of(other), Of(0.3 * one + 0.7 * other), 1e-6);
        Assert.NotEqual(Of(one), Of(other), 1e-3);
        AssertNoneLeft(() => Loss(objective, z, zAdv, one));
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
        double CrossEntropy(Tensor logits) => Losses.CrossEntropy(logits, y, method.Smoothing ?? 0).mean().item<double>();
        var helper = HelperLogits();
        var natural = name switch
        {
            "mart" => Losses.BoostedCrossEntropy(zAdv, y).mean().item<double>(),
            "alp" => (CrossEntropy(z) + CrossEntropy(zAdv)) / 2,
            "lbgat" => CrossEntropy(helper) + (helper - zAdv).square().mean().item<double>(),
            "hat" or "hat-arow" => CrossEntropy(z) + 0.25 * Losses.CrossEntropy(FartherLogits(), helper.argmax(1)).mean().item<double>(),
            _ => CrossEntropy(z),
        };
        Assert.Equal(natural, free, 1e-12);
        if (method.Create(0, 0) is IRegularized) Assert.True(Loss(method.Create(2, method.Smoothing ?? 0), z, zAdv, y).item<double>() > free);
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
        AssertNoneLeft(() => Loss(objective, z, zAdv, y));
    }

    private static IObjective Create(string name) =>
        Catalog.Objectives[name].Create(Catalog.Objectives[name].Lambda ?? 0, Catalog.Objectives[name].Smoothing ?? 0);

    private static Tensor Loss(IObjective objective, Tensor z, Tensor zAdv, Tensor y, Tensor? order = null)
    {
        Tensor Ordered(Tensor logits) => (order is null ? logits : logits.index_select(0, order)).to(z.dtype);
        if (objective is IUsesAuxiliaryModel helped) objective = helped.WithAuxiliary(_ => Ordered(HelperLogits()));
        var (x, xAdv) = (zeros(1), ones(1));
        using (x)
        using (xAdv)
        {
            // Images that are neither are those of a helper, which lie elsewhere.
            return objective.Loss(
                images => ReferenceEquals(images, x) ? z : ReferenceEquals(images, xAdv) ? zAdv : Ordered(FartherLogits()), x, xAdv, y);
        }
    }

    /// <summary>All that an objective makes is in its caller's scope.</summary>
    private static void AssertNoneLeft(Func<Tensor> loss) => LiveTensors.AssertNoneLeft(() =>
    {
        using var scope = NewDisposeScope();
        loss();
    });

    private static Tensor HelperLogits() => 1.3 * Reference.Wave([N, K], 0.43, 0.9);

    private static Tensor FartherLogits() => 1.3 * Reference.Wave([N, K], 0.91, 0.4);

    private static (Tensor Z, Tensor ZAdv, Tensor Y) Logits(double scale) =>
        (scale * Reference.Wave([N, K], 0.71, 0.2), scale * Reference.Wave([N, K], 1.08, 0.7),
            tensor(new long[] { 1, 0, 3, 2, 1 }));
}
