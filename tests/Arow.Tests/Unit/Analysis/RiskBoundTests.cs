using Arow.Analysis;

namespace Arow.Tests.Unit.Analysis;

public sealed class RiskBoundTests
{
    // Ten images, worked out by hand. y = 0 throughout.
    private static readonly AttackedImage[] Ten =
    [
        Of(clean: 0, adversarial: 0, q: 0.9), Of(clean: 0, adversarial: 0, q: 0.8), Of(clean: 0, adversarial: 0, q: 0.6),
        Of(clean: 0, adversarial: 0, q: 0.4),               // right with less than half
        Of(clean: 0, adversarial: 1, q: 0.25), Of(clean: 0, adversarial: 1, q: 0.5),
        Of(clean: 1, adversarial: 1, q: 0.1, flipped: 1, flippedQ: 0.1), // wrong, and not to be moved
        Of(clean: 1, adversarial: 2, q: 0.2, flipped: 2, flippedQ: 0.3), // wrong, moved to another wrong class
        Of(clean: 1, adversarial: 1, q: 0.2, flipped: 0, flippedQ: 0.75), // wrong, moved to the true class
        Of(clean: 1, adversarial: 1, q: 0.2, flipped: 0, flippedQ: 0.45), // likewise, with less than half
    ];

    private static AttackedImage Of(long clean, long adversarial, double q, long? flipped = null, double? flippedQ = null) =>
        new(3, 0, clean, 0.5, adversarial, q, 0.1, 0.1, flipped ?? adversarial, flippedQ ?? q);

    [Fact]
    public void Ten_images_by_hand()
    {
        var bound = RiskBound.Compute(Ten);
        Assert.Equal((0.4, 0.6, 0.8, 0.9), (bound.Natural.Value, bound.Robust.Value, bound.Arow.Value, bound.Trades.Value));
        // 4 natural, and 2(1 − q) of .25, .5, .3, .75, .45.
        Assert.Equal((4 + 1.5 + 1 + 1.4 + 0.5 + 1.1) / 10, bound.Smooth.Value, 1e-12);
        Assert.Equal((3, 2), (bound.WrongAndMoved, bound.WrongAndDoubted));
    }

    [Fact]
    public void Shares_have_Wilsons_interval_and_means_the_normal_one()
    {
        var bound = RiskBound.Compute(Ten);
        var wilson = Arow.Statistics.Confidence.Wilson(6, 10);
        Assert.Equal([wilson.Low, wilson.High], bound.Robust.Interval);
        // TRADES' terms: 0 four times, 1 three times, 2 three times; squares about 0.9 sum to 6.9.
        var half = 1.959963984540054 * Math.Sqrt(6.9 / 9 / 10);
        Assert.Equal(0.9 - half, bound.Trades.Interval[0], 1e-12);
        Assert.Equal(0.9 + half, bound.Trades.Interval[1], 1e-12);
    }

    [Fact]
    public void A_bound_that_does_not_hold_is_no_result()
    {
        // F(z) ≠ F(x) = y cannot go with q_y = 0.9.
        var fault = Assert.Throws<InvalidOperationException>(() =>
            RiskBound.Compute([.. Ten, Of(clean: 0, adversarial: 1, q: 0.9) with { Index = 77 }]));
        Assert.StartsWith("the bound does not hold at image 77", fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Theory]
    [InlineData(0, "least")]
    [InlineData(0.2999999999999999, "least")]
    [InlineData(0.3, "less")]
    [InlineData(0.4999999999999999, "less")]
    [InlineData(0.5, "robust")]
    [InlineData(0.6999999999999999, "robust")]
    [InlineData(0.7, "highly")]
    [InlineData(1, "highly")]
    public void Groups_begin_at_their_lower_ends(double q, string group) =>
        Assert.Equal(group, RobustnessGroups.Key(RobustnessGroups.FromProbability(q)));

    [Fact]
    public void Logits_that_are_no_numbers_are_told()
    {
        using var scope = NewDisposeScope();
        var z = tensor(new[] { 1f, 2f, float.NaN, 0f }).reshape(2, 2);
        var fault = Assert.Throws<InvalidOperationException>(() => Prediction.FromLogits(z, [0, 1], [10, 11]));
        Assert.Contains("image 11", fault.Message);
        Assert.Equal([(1L, 1 / (1 + Math.E)), (0L, 1 / (1 + Math.E))],
            Prediction.FromLogits(tensor(new[] { 1f, 2f, 1f, 0f }).reshape(2, 2), [0, 1], [10, 11]).Select(p => (p.Class, p.Probability)));
    }
}
