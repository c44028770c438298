using Arow.Statistics;

namespace Arow.Analysis;

/// <summary>The gains and losses of a second model in one group of images, grouped by the first.</summary>
/// <param name="Group">The group.</param>
/// <param name="N">Number of images.</param>
/// <param name="First">Number of images on which the first model is correct under attack.</param>
/// <param name="Second">Number of images on which the second model is correct under attack.</param>
/// <param name="Wins">Correct under attack with the second model, incorrect with the first.</param>
/// <param name="Losses">Correct under attack with the first model, incorrect with the second.</param>
internal sealed record GroupOutcome(RobustnessGroup Group, int N, int First, int Second, int Wins, int Losses);

/// <summary>Two models under the same attack on the same images.</summary>
/// <param name="ByFirst">The groups of the first model.</param>
/// <param name="BySecond">
/// The groups of the second model, with the gains and losses of the first. The model that defines the groups has failed on
/// most of the least robust images, so that the other almost only gains there: only both tables together show which model
/// gains.
/// </param>
/// <param name="Robust">All images under attack.</param>
/// <param name="Clean">All images without an attack.</param>
internal sealed record GroupComparison(
    IReadOnlyList<GroupOutcome> ByFirst, IReadOnlyList<GroupOutcome> BySecond, PairedCounts Robust, PairedCounts Clean)
{
    /// <summary>Compares two models.</summary>
    /// <param name="first">At least one image.</param>
    /// <param name="second">The same images in the same order.</param>
    public static GroupComparison Compare(IReadOnlyList<AttackedImage> first, IReadOnlyList<AttackedImage> second)
    {
        if (!first.Select(i => (i.Index, i.Label)).SequenceEqual(second.Select(i => (i.Index, i.Label))))
            throw new ArgumentException("the images are not the same", nameof(second));
        return new GroupComparison(
            Outcomes(first, second), Outcomes(second, first),
            PairedCounts.Count(first.Zip(second, (a, b) => (a.Robust, b.Robust))),
            PairedCounts.Count(first.Zip(second, (a, b) => (a.IsCorrect, b.IsCorrect))));
    }

    private static IReadOnlyList<GroupOutcome> Outcomes(IReadOnlyList<AttackedImage> own, IReadOnlyList<AttackedImage> other) =>
    [
        .. RobustnessGroups.All.Select(group =>
        {
            var pairs = own.Zip(other).Where(p => p.First.Group == group).Select(p => (First: p.First.Robust, Second: p.Second.Robust)).ToList();
            return new GroupOutcome(
                group, pairs.Count, pairs.Count(p => p.First), pairs.Count(p => p.Second),
                pairs.Count(p => !p.First && p.Second), pairs.Count(p => p.First && !p.Second));
        }),
    ];
}

/// <summary>Paired counts of two models on the same images, with McNemar's exact test.</summary>
/// <param name="Both">Images on which both are correct.</param>
/// <param name="OnlyFirst">Images on which only the first is correct.</param>
/// <param name="OnlySecond">Images on which only the second is correct.</param>
/// <param name="Neither">Images on which neither is correct.</param>
/// <param name="Difference">Accuracy of the second minus that of the first.</param>
/// <param name="Interval">95 % interval of the difference (Bonett and Price 2012).</param>
/// <param name="PValue">Two-sided p-value.</param>
internal sealed record PairedCounts(
    int Both, int OnlyFirst, int OnlySecond, int Neither, double Difference, double[] Interval, double PValue)
{
    /// <summary>Counts pairs.</summary>
    public static PairedCounts Count(IEnumerable<(bool First, bool Second)> pairs)
    {
        var counts = pairs.CountBy(p => p).ToDictionary();
        int CountOf(bool first, bool second) => counts.GetValueOrDefault((first, second));
        var (b, c, n) = (CountOf(false, true), CountOf(true, false), counts.Values.Sum());
        var (low, high) = McNemar.Difference(b, c, n);
        return new PairedCounts(CountOf(true, true), c, b, CountOf(false, false), (double)(b - c) / n, [low, high], McNemar.PValue(b, c));
    }
}
