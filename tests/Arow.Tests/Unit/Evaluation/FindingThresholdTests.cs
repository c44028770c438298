using Arow.Evaluation.Checks;

namespace Arow.Tests.Unit.Evaluation;

/// <summary>That a finding comes just beyond its threshold and not just before it, on results and models made for the purpose.</summary>
public sealed class FindingThresholdTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly List<IDisposable> made = [];

    public void Dispose()
    {
        foreach (var one in made) one.Dispose();
        scope.Dispose();
    }

    /// <summary>More than 0.2 % of all images, not of those that it tried.</summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Square_gains_beyond_two_in_a_thousand_images(int broken, bool found)
    {
        AttackResult[] attacks = [Did("pgd20", Access.Gradients, 900, 400), Did("square", Access.Scores, 500, broken)];
        Assert.Equal(found, SquareGain.Find(new ResultContext(Rows(1000), attacks)) is not null);
        // Nothing is gained over an attack that had nothing to try.
        Assert.Null(SquareGain.Find(new ResultContext(Rows(1000), [attacks[0] with { Attacked = 0 }, attacks[1]])));
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(8, true)]
    public void A_black_box_wins_over_the_sum_of_what_saw_gradients_before_it(int broken, bool found)
    {
        AttackResult[] attacks =
            [Did("fgsm", Access.Gradients, 90, 3), Did("pgd20", Access.Gradients, 87, 4), Did("square", Access.Scores, 83, broken)];
        var finding = BlackBoxWins.Find(new ResultContext(Rows(100), attacks));
        Assert.Equal(found, finding is not null);
        if (found) Assert.Contains("8 of 83 images; fgsm, pgd20 before it broke 7", finding!.Message);
    }

    /// <summary>Of 40 images and four classes: Wilson's interval of 15 begins at 24.2 %, that of 16 at 26.3 %.</summary>
    [Theory]
    [InlineData(16, false)]
    [InlineData(15, true)]
    public void Accuracy_is_near_chance_where_its_interval_reaches_it(int right, bool found) =>
        Assert.Equal(found, NearChance.Find(
            Look(Walled, Images(40), [.. Rows(40).Select((r, i) => r with { Clean = i < right ? 0 : 1 })])) is not null);

    /// <summary>Sixteen images are looked at, whose tenth is 1.6.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void The_loss_does_not_rise_where_more_than_a_tenth_is_stuck(int walls, bool found)
    {
        var finding = MarginAlongPgd.Find(Look(Walled, Images(20, walls), Rows(20), Pgd.Standard(new ThreatModel(Norm.Linf, 0.1), 5)));
        Assert.Equal(found, finding is not null);
        if (found) Assert.Contains("at 2 of 16 images", finding!.Message);
    }

    [Theory]
    [InlineData(0.9e-5, false)]
    [InlineData(1e-5, true)]
    public void Perturbations_that_vanish_in_rounding_are_no_reason_that_the_loss_does_not_rise(double epsilon, bool found) =>
        Assert.Equal(found, MarginAlongPgd.Find(
            Look(Walled, Images(16, 16), Rows(16), Pgd.Standard(new ThreatModel(Norm.Linf, epsilon), 5))) is not null);

    /// <summary>Of 24 images and four classes: Wilson's interval of 10 begins at 24.5 %, that of 11 at 27.9 %.</summary>
    [Theory]
    [InlineData(10, false)]
    [InlineData(11, true)]
    public void Images_stand_at_any_size_where_more_do_than_chance_explains(int walls, bool found)
    {
        var finding = HugeEpsilon.Find(Look(Walled, Images(24, walls), Rows(24), new Fgsm(new ThreatModel(Norm.Linf, 0.1))));
        Assert.Equal(found, finding is not null);
        if (found) Assert.Contains("11 of 24 images", finding!.Message);
    }

    /// <summary>One loss is flat at all images, the other leads out.</summary>
    [Fact]
    public void What_either_loss_turns_does_not_stand_at_any_size()
    {
        // Cross-entropy is zero to the last bit; the margin is not.
        Tensor Sure(Tensor x) => Logits(x, 1000, 0, 4000, 0);
        // The margin is to a class that nothing moves, and another one overtakes it.
        Tensor Overtaken(Tensor x) => Logits(x, 1, 0.9, 6, -1);
        foreach (var f in (Classifier[])[Sure, Overtaken])
            Assert.Null(HugeEpsilon.Find(Look(f, Images(24), Rows(24), new Fgsm(new ThreatModel(Norm.Linf, 0.1)))));

        static Tensor Logits(Tensor x, double own, double rival, double slope, double from)
        {
            var rises = slope * x.flatten(1)[.., 1..].mean([1]) + from;
            return stack([full_like(rises, own), full_like(rises, rival), rises], 1);
        }
    }

    [Fact]
    public void A_probe_takes_the_first_images_and_right_ones_from_the_whole_set()
    {
        var probe = Look(Walled, Images(100), [.. Rows(100).Select((r, i) => i % 2 == 0 ? r : r with { BrokenBy = "clean" })]);
        Assert.Equal(Enumerable.Range(0, 64).Select(i => (long)i), probe.Indices);
        // Fifty are right: every second of them, 24 in all.
        Assert.Equal(Enumerable.Range(0, 24).Select(i => 4L * i), probe.CorrectIndices);
        Assert.Equal((64, 64, 24, 24), (probe.X.shape[0], probe.Y.shape[0], probe.XCorrect.shape[0], probe.YCorrect.shape[0]));
    }

    /// <summary>By the published figure, 10⁻⁴ between logits of unit length.</summary>
    [Theory]
    [InlineData(0.9e-4, false)]
    [InlineData(1.1e-4, true)]
    public void Logits_differ_from_a_ten_thousandth_of_their_length_on(double by, bool found)
    {
        var passes = 0;
        Tensor Random(Tensor x) => Long(x, passes++ == 0 ? 0 : by);
        Tensor Dependent(Tensor x) => Long(x, x.shape[0] == 1 ? 0 : by);
        Assert.Equal(found ? 3 : 0, Look(Random, Images(3), Rows(3)).Varying.Count);
        Assert.Equal(found, BatchDependence.Find(Look(Dependent, Images(3), Rows(3))) is not null);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void Five_passes_are_compared(int other, bool found)
    {
        var passes = 0;
        Tensor Once(Tensor x) => Long(x, ++passes == other ? 1 : 0);
        Assert.Equal(found ? 3 : 0, Look(Once, Images(3), Rows(3)).Varying.Count);
    }

    /// <summary>Logits of length five, the second by so much of it other than zero.</summary>
    private static Tensor Long(Tensor x, double second)
    {
        var ones = torch.ones(x.shape[0]);
        return stack([5 * ones, 5 * second * ones], 1);
    }

    /// <summary>Right of every dark image, until its brightness is beyond an eighth; where the first pixel is bright, nothing moves it.</summary>
    private static Tensor Walled(Tensor x)
    {
        var pixels = x.flatten(1);
        var rises = 8 * pixels[.., 1..].mean([1]) * (pixels[.., 0] < 0.5f).to(x.dtype);
        return stack([ones_like(rises), rises, zeros_like(rises), zeros_like(rises)], 1);
    }

    /// <summary>Black images, of which the first ones have a bright first pixel.</summary>
    private ImageSet Images(int count, int walls = 0)
    {
        var bytes = zeros(count, 1, 6, 6, ScalarType.Byte);
        bytes[..walls, 0, 0, 0] = 255;
        var images = new ImageSet("made", bytes, zeros(count, ScalarType.Int64), ["a", "b", "c", "d"]);
        made.Add(images);
        return images;
    }

    private static SampleResult[] Rows(int count) => [.. Enumerable.Range(0, count).Select(i => new SampleResult(i, 0, 0, 0, null, 1, 0))];

    private static AttackResult Did(string name, Access needs, int attacked, int broken) => new(name, attacked, broken, 0.5, 1) { Needs = needs };

    private ModelCheckContext Look(Classifier f, ImageSet images, SampleResult[] rows, params IAttack[] attacks)
    {
        var probe = new ModelCheckContext(f, images, rows, attacks, Access.Gradients);
        made.Add(probe);
        return probe;
    }
}
