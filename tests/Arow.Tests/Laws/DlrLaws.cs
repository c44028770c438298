using CsCheck;

namespace Arow.Tests.Laws;

/// <summary>What holds of the difference of logits ratio for all logits.</summary>
[Numeric]
public sealed class DlrLaws
{
    private const int Cases = 200;

    private static readonly Gen<(double[] Z, int Y, int T)> Samples =
        Gen.Int[4, 9].SelectMany(k => Gen.Select(Gen.Double[-12, 12].Array[k], Gen.Int[0, k - 1], Gen.Int[0, k - 1]));

    [Fact]
    public void It_is_its_formula() => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var (z, y, t) = Tensors(s);
        var down = s.Z.OrderDescending().ToArray();
        var rival = s.Z.Where((_, k) => k != s.Y).Max();
        Close((rival - s.Z[s.Y]) / (down[0] - down[2] + 1e-12), Losses.Dlr(z, y));
        Close((s.Z[s.T] - s.Z[s.Y]) / (down[0] - (down[2] + down[3]) / 2 + 1e-12), Losses.TargetedDlr(z, y, t));
    }, iter: Cases);

    [Fact]
    public void It_knows_neither_the_scale_nor_the_height_of_the_logits() => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var (z, y, t) = Tensors(s);
        // Where the denominator is as small as the 1e-12 or as the rounding of z + 3, these count.
        var down = s.Z.OrderDescending().ToArray();
        if (down[0] - down[2] < 1e-2) return;
        Close(Losses.Dlr(z, y).item<double>(), Losses.Dlr(7 * z + 3, y));
        Close(Losses.TargetedDlr(z, y, t).item<double>(), Losses.TargetedDlr(7 * z + 3, y, t));
    }, iter: Cases);

    [Fact]
    public void It_is_positive_where_the_prediction_is_wrong() => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var (z, y, _) = Tensors(s);
        Assert.Equal(Math.Sign(-Losses.Margin(z, y).item<double>()), Math.Sign(Losses.Dlr(z, y).item<double>()));
    }, iter: Cases);

    [Fact]
    public void Its_slope_is_that_of_finite_differences() => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        const double Step = 1e-6;
        var (z, y, t) = Tensors(s);
        var down = s.Z.OrderDescending().ToArray();
        // Where two of the largest change places there is no slope, and next to it the quotient is no measure of it.
        if (down.Take(5).Zip(down.Skip(1), (a, b) => a - b).Min() < 1e-2 || s.Y == s.T) return;
        foreach (var loss in new Func<Tensor, Tensor>[] { v => Losses.Dlr(v, y), v => Losses.TargetedDlr(v, y, t) })
        {
            var leaf = z.clone().requires_grad_();
            loss(leaf).sum().backward();
            for (var k = 0; k < s.Z.Length; k++)
            {
                var nudge = zeros_like(z);
                nudge[0, k] = Step;
                var slope = (loss(z + nudge) - loss(z - nudge)).item<double>() / (2 * Step);
                Assert.Equal(slope, leaf.grad![0, k].item<double>(), 1e-3 * Math.Max(1, Math.Abs(slope)));
            }
        }
    }, iter: 50);

    [Fact]
    public void Ties_leave_values_and_slopes_finite()
    {
        using var scope = NewDisposeScope();
        foreach (var row in new double[][] { [1, 1, 1, 1], [2, 2, 1, 0], [2, 1, 1, 1], [0, 0, 0, 5] })
        {
            for (var y = 0; y < 4; y++)
            {
                var z = tensor(row, dtype: ScalarType.Float32).unsqueeze(0).requires_grad_();
                var (label, target) = (tensor(new[] { (long)y }), tensor(new[] { (y + 1L) % 4 }));
                (Losses.Dlr(z, label) + Losses.TargetedDlr(z, label, target)).sum().backward();
                Assert.True(z.grad!.isfinite().all().item<bool>());
            }
        }
    }

    [Fact]
    public void With_too_few_classes_the_goal_is_the_margin() => Samples.Sample(s =>
    {
        using var scope = NewDisposeScope();
        var y = tensor(new[] { s.Y % 2L });
        var (two, three) = (tensor(s.Z[..2]).unsqueeze(0), tensor(s.Z[..3]).unsqueeze(0));
        Classifier none = _ => throw new InvalidOperationException("nothing clean is needed");
        Close(-Losses.Margin(two, y).item<double>(), AttackLoss.Dlr.Bind(none, y, y)(two));
        Close(Losses.Dlr(three, y).item<double>(), AttackLoss.Dlr.Bind(none, y, y)(three));
        Close(s.Z[2] - s.Z[s.Y % 2], AttackLoss.Dlr.BindTargeted(none, y, y, tensor(new[] { 2L }))(three));
    }, iter: Cases);

    private static (Tensor Z, Tensor Y, Tensor T) Tensors((double[] Z, int Y, int T) s) =>
        (tensor(s.Z).unsqueeze(0), tensor(new[] { (long)s.Y }), tensor(new[] { (long)s.T }));

    private static void Close(double expected, Tensor actual) =>
        Assert.Equal(expected, actual.item<double>(), 1e-9 * Math.Max(1, Math.Abs(expected)));
}
