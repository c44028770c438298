using CsCheck;

namespace Arow.Tests.Laws;

public sealed class EvaluationLaws
{
    private static readonly Gen<(int K, int N)> Counts =
        from n in Gen.Int[1, 20_000]
        from k in Gen.Int[0, n]
        select (k, n);

    [Fact]
    public void An_interval_is_of_shares_and_contains_the_estimate() => Counts.Sample(c =>
    {
        var (low, high) = Confidence.Wilson(c.K, c.N);
        var estimate = (double)c.K / c.N;
        return low >= 0 && low <= estimate && estimate <= high && high <= 1 && low < high;
    });

    [Fact]
    public void Wrong_is_the_mirror_of_right() => Counts.Sample(c =>
    {
        var (right, wrong) = (Confidence.Wilson(c.K, c.N), Confidence.Wilson(c.N - c.K, c.N));
        return Math.Abs(right.Low - (1 - wrong.High)) < 1e-12 && Math.Abs(right.High - (1 - wrong.Low)) < 1e-12;
    });

    [Fact]
    public void More_images_make_it_narrower() => Gen.Select(Counts, Gen.Int[2, 9]).Sample((c, times) =>
    {
        var (few, many) = (Confidence.Wilson(c.K, c.N), Confidence.Wilson((long)c.K * times, (long)c.N * times));
        return many.High - many.Low < few.High - few.Low;
    });

    [Fact]
    public void A_deviation_ignores_shifts_and_follows_scale() =>
        Gen.Select(Gen.Double[0, 1].Array[1, 9], Gen.Double[-1, 1]).Sample((values, shift) =>
        {
            var (mean, deviation) = Confidence.MeanAndDeviation(values);
            var moved = Confidence.MeanAndDeviation([.. values.Select(v => 3 * v + shift)]);
            return Math.Abs(moved.Mean - (3 * mean + shift)) < 1e-12 && Math.Abs(moved.Deviation - 3 * deviation) < 1e-12;
        });

    [Fact]
    public void A_row_is_read_as_it_was_written()
    {
        var rows =
            from index in Gen.Long[0, long.MaxValue]
            from label in Gen.Long[0, 999]
            from clean in Gen.Long[0, 999]
            from adversarial in Gen.Long[0, 999]
            from broken in Gen.OneOf<string?>(null, "clean", "pgd20", "apgd-ce")
            from margin in Gen.Double
            from norm in Gen.Double[0, 100]
            select new SampleResult(index, label, clean, adversarial, broken, margin, norm);
        rows.Sample(row => row.Equals(SampleResult.Parse(row.ToLine())));
    }
}
