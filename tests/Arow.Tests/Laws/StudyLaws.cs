using CsCheck;

namespace Arow.Tests.Laws;

/// <summary>What holds of comparisons, whatever the numbers; where it can be, against counting it all out.</summary>
public sealed class StudyLaws
{
    private static readonly Gen<(double Clean, double Robust)[]> Points =
        Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12], (a, b) => (a / 12.0, b / 12.0)).Array[1, 12];

    [Fact]
    public void A_sign_flip_test_is_the_count_of_all_signs() => Gen.Int[-3, 3].Array[0, 10].Sample(k =>
    {
        var moved = k.Where(d => d != 0).ToArray();
        var observed = Math.Abs(k.Sum());
        var extreme = Enumerable.Range(0, 1 << moved.Length).Count(signs =>
            Math.Abs(moved.Select((d, i) => (signs >> i & 1) == 0 ? d : -d).Sum()) >= observed);
        return Math.Abs(SignFlip.PValue(k) - (double)extreme / (1 << moved.Length)) < 1e-12;
    }, threads: 1);

    [Fact]
    public void With_one_seed_it_is_McNemars() => Gen.Select(Gen.Int[0, 400], Gen.Int[0, 400]).Sample((b, c) =>
    {
        var (p, q) = (SignFlip.PValue(Enumerable.Repeat(1, b).Concat(Enumerable.Repeat(-1, c))), McNemar.PValue(b, c));
        // Sums of some hundred terms in another order, one of them of logarithms.
        return Math.Abs(p - q) <= 1e-9 * q + 1e-300;
    }, threads: 1, iter: 50);

    [Fact]
    public void With_one_seed_the_interval_is_Bonett_and_Prices() => Gen.Select(Gen.Int[0, 40], Gen.Int[0, 40], Gen.Int[0, 40]).Sample((b, c, rest) =>
    {
        if (b + c + rest == 0) return true;
        var pooled = new PooledComparison(b + c + rest, [(double)(b - c) / (b + c + rest)],
            [.. Enumerable.Repeat(1, b), .. Enumerable.Repeat(-1, c), .. Enumerable.Repeat(0, rest)], []);
        var (i, j) = (pooled.DifferenceInterval, McNemar.Difference(b, c, b + c + rest));
        return Math.Abs(Math.Max(-1, i.Low) - j.Low) < 1e-12 && Math.Abs(Math.Min(1, i.High) - j.High) < 1e-12;
    }, threads: 1);

    /// <summary>Copies of a seed are no news: neither the test nor, but for the two added images, the interval gets surer.</summary>
    [Fact]
    public void A_seed_said_twice_says_nothing_new() => Gen.Int[-1, 1].Array[1, 60].Sample(k =>
    {
        var once = new PooledComparison(k.Length, [k.Average()], k, []);
        var twice = new PooledComparison(k.Length, [k.Average(), k.Average()], [.. k.Select(d => 2 * d)], []);
        return Math.Abs(once.PValue - twice.PValue) < 1e-12 && Math.Abs(once.Difference - twice.Difference) < 1e-12
            && Math.Abs(once.DifferenceInterval.Low - twice.DifferenceInterval.Low) < 1e-12 && twice.SeedInterval is null;
    }, threads: 1);

    [Fact]
    public void Holm_adjusts_as_its_steps_say() => Gen.Double[0, 1].Array[1, 8].Sample(p =>
    {
        var adjusted = Holm.Adjust(p);
        // The definition, a maximum over all that are no larger.
        return p.Index().All(i => Math.Abs(adjusted[i.Index] - p.Where(q => q <= i.Item).Max(q =>
            Math.Min(1, (p.Length - p.Count(r => r < q)) * q))) < 1e-12 && adjusted[i.Index] >= i.Item);
    }, threads: 1);

    [Fact]
    public void The_front_is_what_no_other_dominates() => Points.Sample(points =>
    {
        var front = ParetoFront.Compute(points).ToHashSet();
        for (var i = 0; i < points.Length; i++)
        {
            var dominated = false;
            for (var j = 0; j < points.Length; j++)
            {
                var (a, b) = (points[i], points[j]);
                if (b.Clean >= a.Clean && b.Robust >= a.Robust && (b.Clean > a.Clean || b.Robust > a.Robust)) dominated = true;
            }
            if (front.Contains(i) == dominated) return false;
        }
        var along = ParetoFront.Compute(points).Select(i => points[i]).ToList();
        return along.Count > 0 && along.Zip(along.Skip(1)).All(p => p.First.Clean <= p.Second.Clean && p.First.Robust >= p.Second.Robust);
    }, threads: 1);

    [Fact]
    public void A_curve_goes_through_its_points_and_not_beyond() => Points.Sample(points =>
    {
        var curve = new Curve(points);
        return points.All(p => curve.RobustAt(p.Clean) >= p.Robust)
            && curve.RobustAt(curve.Low - 1e-9) is null && curve.RobustAt(curve.High + 1e-9) is null
            && points.Average(p => p.Clean) is var middle && curve.RobustAt(middle) is { } robust
            && robust <= points.Max(p => p.Robust) + 1e-12 && robust >= points.Min(p => p.Robust) - 1e-12;
    }, threads: 1);

    [Fact]
    public void Equal_clean_accuracy_is_fair() => Gen.Select(Points, Points, Gen.Double[-0.2, 0.2]).Sample((a, b, lift) =>
    {
        var (first, second) = (new Curve(a), new Curve(b));
        var raised = new Curve([.. a.Select(p => (p.Clean, p.Robust + lift))]);
        var (forth, back) = (Curve.Compare(first, second), Curve.Compare(second, first));
        return (forth is null) == (back is null)
            && (forth is null || Math.Abs(forth.Middle + back!.Middle) < 1e-12 && Math.Abs(forth.Minimum + back.Maximum) < 1e-12)
            && Math.Abs(Curve.Compare(raised, first)!.Middle - lift) < 1e-12;
    }, threads: 1);
}
