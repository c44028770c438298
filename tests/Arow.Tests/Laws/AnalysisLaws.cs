using Arow.Analysis;
using CsCheck;

namespace Arow.Tests.Laws;

/// <summary>What holds of groups, bounds and courses for all tables of predictions.</summary>
public sealed class AnalysisLaws
{
    private const int K = 3;

    /// <summary>Logits at x, x' and z; hard ones too, whose probabilities are 0, 1/2 or 1 in float64, and ties.</summary>
    private static readonly Gen<double[]> Logits = Gen.OneOf(
        Gen.Double[-5, 5].Array[K], Gen.Double[-800, 800].Array[K], Gen.OneOf<double>(0.0, 1e-16, 1.0, 40.0).Array[K]);

    private static readonly Gen<AttackedImage> Image =
        from y in Gen.Int[0, K - 1]
        from x in Logits
        from xAdv in Logits
        from other in Logits
        select Attacked(y, x, xAdv, other);

    private static readonly Gen<AttackedImage[]> Images = Image.Array[1, 40];

    /// <summary>As the analysis has it: an image that is right as it is has its adversarial image for z.</summary>
    internal static AttackedImage Attacked(int y, double[] x, double[] xAdv, double[] other)
    {
        var (clean, p) = Predict(x, y);
        var (adversarial, q) = Predict(xAdv, y);
        var (flipped, flippedQ) = clean == y ? (adversarial, q) : Predict(other, y);
        return new AttackedImage(0, y, clean, p, adversarial, q, 0.5, 0.1, flipped, flippedQ);
    }

    [Fact]
    public void The_chain_holds_for_every_table_of_predictions() => Images.Sample(images =>
    {
        var bound = RiskBound.Compute(images);
        Assert.True(bound.Natural.Value <= bound.Robust.Value);
        Assert.True(bound.Robust.Value <= bound.Arow.Value);
        Assert.True(bound.Arow.Value <= bound.Smooth.Value);
        Assert.True(bound.Arow.Value <= bound.Trades.Value);
        // All that the bounds lose against the robust error are natural errors that moved.
        Assert.Equal(bound.WrongAndDoubted / (double)images.Length, bound.Arow.Value - bound.Robust.Value, 1e-12);
        Assert.Equal(bound.WrongAndMoved / (double)images.Length, bound.Trades.Value - bound.Robust.Value, 1e-12);
    }, iter: 1000);

    [Fact]
    public void The_bound_is_its_formula() => Images.Sample(images =>
    {
        // Written out once more, without the code's terms.
        double natural = 0, robust = 0, arow = 0, smooth = 0, trades = 0;
        foreach (var i in images)
        {
            if (i.Clean != i.Label) natural++;
            if (i.Clean != i.Label || i.Adversarial != i.Label) robust++;
            if (i.Clean == i.Flipped) continue;
            trades++;
            smooth += 2 - 2 * i.FlippedQ;
            if (i.FlippedQ <= 0.5) arow++;
        }
        var (n, bound) = (images.Length, RiskBound.Compute(images));
        Assert.Equal(natural / n, bound.Natural.Value, 1e-12);
        Assert.Equal(robust / n, bound.Robust.Value, 1e-12);
        Assert.Equal((natural + arow) / n, bound.Arow.Value, 1e-12);
        Assert.Equal((natural + smooth) / n, bound.Smooth.Value, 1e-12);
        Assert.Equal((natural + trades) / n, bound.Trades.Value, 1e-12);
    });

    [Fact]
    public void A_class_that_is_not_predicted_has_at_most_half_to_the_last_bit() => Gen.Select(Logits, Gen.Int[0, K - 1]).Sample((z, y) =>
    {
        var (predicted, q) = Predict(z, y);
        Assert.InRange(q, 0, 1);
        Assert.True(predicted == y || q <= 0.5);
        Assert.Equal(z.Max(), z[predicted]);
    }, iter: 2000);

    [Fact]
    public void Every_image_is_in_one_group() => Images.Sample(images =>
    {
        var groups = RobustnessGroups.Summarize(images);
        Assert.Equal(images.Length, groups.Sum(g => g.N));
        Assert.Equal(images.Count(i => i.Robust), groups.Sum(g => g.Robust));
        Assert.All(images, i => Assert.Equal(i.Q < 0.3 ? 0 : i.Q < 0.5 ? 1 : i.Q < 0.7 ? 2 : 3, (int)i.Group));
    });

    [Fact]
    public void Wins_less_losses_is_the_difference_whoever_makes_the_groups() =>
        Gen.Select(Images, Gen.Int[0, int.MaxValue]).Sample((first, stride) =>
    {
        AttackedImage[] second =
            [.. first.Select((i, k) => first[(k + stride % first.Length) % first.Length] with { Index = i.Index, Label = i.Label })];
        var c = GroupComparison.Compare(first, second);
        var difference = second.Count(i => i.Robust) - first.Count(i => i.Robust);
        Assert.Equal(difference, c.ByFirst.Sum(g => g.Wins - g.Losses));
        Assert.Equal(-difference, c.BySecond.Sum(g => g.Wins - g.Losses));
        Assert.Equal((c.Robust.OnlySecond, c.Robust.OnlyFirst), (c.ByFirst.Sum(g => g.Wins), c.ByFirst.Sum(g => g.Losses)));
        Assert.All(c.ByFirst, g => Assert.Equal(g.Second - g.First, g.Wins - g.Losses));
        Assert.Equal(first.Length, c.ByFirst.Sum(g => g.N));
    });

    [Fact]
    public void A_row_is_read_as_it_was_written() => Image.Sample(image => AttackedImage.Parse(image.ToLine()) == image);

    [Fact]
    public void Quantiles_rise_lie_inside_and_do_not_mind_the_order() => Gen.Double[0, 1].Array[1, 30].Sample(values =>
    {
        var spread = Distribution.Compute(values);
        Assert.Equal(spread.Quantiles.Order(), spread.Quantiles);
        Assert.InRange(spread.Quantiles[0], values.Min(), values.Max());
        Assert.InRange(spread.Quantiles[^1], values.Min(), values.Max());
        Assert.Equal(spread.Quantiles, Distribution.Compute(values.Reverse()).Quantiles);
        Assert.Equal(values.Average(), spread.Mean, 1e-12);
    });

    /// <summary>As <c>Prediction</c> has it, in plain arithmetic.</summary>
    private static (long Class, double Probability) Predict(double[] z, int y) =>
        Prediction.FromLogits(z, y, index: 0) is var p ? (p.Class, p.Probability) : default;
}
