namespace Arow.Tests.Unit.Evaluation;

public sealed class PairedComparisonTests
{
    private static SampleResult Row(long index, bool clean, bool robust, long label = 0) => new(
        index, label, clean ? label : 1 - label, robust ? label : 1 - label, robust ? null : clean ? "pgd20" : "clean", 0, 0);

    [Fact]
    public void Images_are_counted_in_pairs_whatever_their_order()
    {
        SampleResult[] a = [Row(1, true, true), Row(2, true, true), Row(3, true, false), Row(5, false, false), Row(9, true, true)];
        SampleResult[] b = [Row(9, true, true), Row(5, true, true), Row(3, false, false), Row(2, true, false), Row(1, true, false)];
        Assert.Equal(new PairedComparison(Both: 1, OnlyFirst: 2, OnlySecond: 1, Neither: 1), PairedComparison.CompareRobust(a, b));
        Assert.Equal(new PairedComparison(Both: 3, OnlyFirst: 1, OnlySecond: 1, Neither: 0), PairedComparison.CompareClean(a, b));

        var robust = PairedComparison.CompareRobust(a, b);
        Assert.Equal((5, 0.6, 0.4, 0.2), (robust.N, robust.First, robust.Second, Math.Round(robust.Difference, 12)));
        Assert.Equal(1, robust.PValue);
        Assert.False(robust.Differ);
    }

    [Fact]
    public void They_differ_where_chance_is_no_excuse()
    {
        var comparison = new PairedComparison(Both: 50, OnlyFirst: 1, OnlySecond: 9, Neither: 40);
        Assert.True(comparison.Differ);
        Assert.True(comparison.DifferenceInterval.High < 0);
        // The same shares, the same difference, and far more images that changed hands: nothing is proved.
        Assert.False(new PairedComparison(Both: 30, OnlyFirst: 21, OnlySecond: 29, Neither: 20).Differ);
    }

    [Fact]
    public void Other_images_are_refused_in_words()
    {
        SampleResult[] a = [Row(1, true, true), Row(2, true, true)];
        string Fault(params SampleResult[] b) => Assert.Throws<InputException>(() => PairedComparison.CompareRobust(a, b)).Message;
        Assert.Contains("1 only in the first (such as 2), 2 only in the second (such as 3)",
            Fault(Row(1, true, true), Row(3, true, true), Row(4, true, true)));
        Assert.Contains("image 2 has class 0 in the first evaluation and 1 in the second", Fault(Row(1, true, true), Row(2, true, true, label: 1)));
        Assert.Contains("duplicate rows of image 1", Fault(Row(1, true, true), Row(1, true, true)));
    }
}
