using Arow.Objectives;
using CsCheck;

namespace Arow.Tests.Laws;

/// <summary>What holds of the losses for all logits, against plain arithmetic without tensors.</summary>
[Numeric]
public sealed class LossLaws
{
    private const int K = 5;
    private const int Cases = 200;

    private static readonly Gen<(double[] Z, double[] ZAdv, int Y, double Alpha)> Samples =
        Gen.Select(Gen.Double[-12, 12].Array[K], Gen.Double[-12, 12].Array[K], Gen.Int[0, K - 1], Gen.Double[0, 0.9]);

    [Fact]
    public void Each_loss_is_its_formula() => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var (z, zAdv, y) = Tensors(s);
        var (p, q) = (Softmax(s.Z), Softmax(s.ZAdv));
        var others = Enumerable.Range(0, K).Where(k => k != s.Y).ToList();

        Close((1 - s.Alpha) * -Math.Log(p[s.Y]) + s.Alpha * p.Average(v => -Math.Log(v)), Losses.CrossEntropy(z, y, s.Alpha));
        Close(p.Zip(q, (a, b) => a * (Math.Log(a) - Math.Log(b + 1e-12))).Sum(), Losses.Kl(z, zAdv));
        Close(p.Zip(q, (a, b) => (a * Math.Log(2 * a / (a + b)) + b * Math.Log(2 * b / (a + b))) / 2).Sum(), Losses.JensenShannon(z, zAdv));
        Close(p[s.Y], Losses.Probability(z, y));
        Close(s.Z[s.Y] - others.Max(k => s.Z[k]), Losses.Margin(z, y));
        Close(-Math.Log(q[s.Y]) - Math.Log(1.0001 - others.Max(k => q[k]) + 1e-12), Losses.BoostedCrossEntropy(zAdv, y));
    }, iter: Cases);

    [Fact]
    public void Divergences_are_bounded_and_vanish_for_equals() => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var (z, zAdv, _) = Tensors(s);
        // The 1e-12 in the logarithm takes at most log(1 + K·1e-12) from KL's zero.
        Assert.True(Losses.Kl(z, zAdv).item<double>() >= -1e-11);
        Assert.InRange(Losses.JensenShannon(z, zAdv).item<double>(), -1e-12, Math.Log(2) + 1e-12);
        Close(Losses.JensenShannon(zAdv, z).item<double>(), Losses.JensenShannon(z, zAdv));
        Close(0, Losses.JensenShannon(z, z));
        Assert.Equal(0, Losses.Kl(z, z).item<double>(), 1e-6);
    }, iter: Cases);

    [Fact]
    public void The_margin_tells_right_from_wrong() => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var (z, _, y) = Tensors(s);
        var margin = Losses.Margin(z, y).item<double>();
        // A tie at the top is a margin of zero; which of the equals argmax names is its own business.
        var right = z.argmax(1).item<long>() == s.Y;
        Assert.True(margin == 0 || right == margin > 0, $"margin {margin}, {(right ? "right" : "wrong")}");
    }, iter: Cases);

    [Fact]
    public void ARoW_lies_between_the_natural_loss_and_TRADES_with_twice_its_lambda() => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var λ = 3.5;
        var natural = Loss(new Objectives.Arow(0, s.Alpha), s);
        var arow = Loss(new Objectives.Arow(λ, s.Alpha), s);
        var cow = Loss(new Cow(λ, s.Alpha), s);
        var trades = Loss(new Trades(2 * λ, s.Alpha), s);
        // The weights 1 − q_y and p_y are in [0, 1]; the slack is what KL may fall below zero by, times 2λ.
        Assert.InRange(arow, natural - 1e-9, trades + 1e-9);
        Assert.InRange(cow, natural - 1e-9, trades + 1e-9);
        Close(Losses.CrossEntropy(Tensors(s).Z, Tensors(s).Y, s.Alpha).item<double>(), natural);
    }, iter: Cases);

    [Fact]
    public void Logits_may_be_shifted() => Samples.Sample(s =>
    {
        var shifted = (s.Z.Select(v => v + 3).ToArray(), s.ZAdv.Select(v => v - 5).ToArray(), s.Y, s.Alpha);
        using var scope = NewDisposeScope();
        Assert.Equal(Loss(new Objectives.Arow(3.5, s.Alpha), s), Loss(new Objectives.Arow(3.5, s.Alpha), shifted), 1e-9);
    }, iter: Cases);

    private static double Loss(IObjective objective, (double[] Z, double[] ZAdv, int Y, double Alpha) s)
    {
        var (z, zAdv, y) = Tensors(s);
        var (x, xAdv) = (zeros(1), ones(1));
        return objective.Loss(images => ReferenceEquals(images, x) ? z : zAdv, x, xAdv, y).item<double>();
    }

    private static (Tensor Z, Tensor ZAdv, Tensor Y) Tensors((double[] Z, double[] ZAdv, int Y, double Alpha) s) =>
        (tensor(s.Z).unsqueeze(0), tensor(s.ZAdv).unsqueeze(0), tensor(new long[] { s.Y }));

    private static double[] Softmax(double[] z)
    {
        var exponentials = z.Select(v => Math.Exp(v - z.Max())).ToArray();
        return [.. exponentials.Select(e => e / exponentials.Sum())];
    }

    private static void Close(double expected, Tensor actual) => Close(expected, actual.item<double>());

    private static void Close(double expected, double actual) =>
        Assert.Equal(expected, actual, 1e-9 * Math.Max(1, Math.Abs(expected)));
}
