using Arow.Evaluation;

namespace Arow.Analysis;

/// <summary>What a second model wins and loses in one group of images, grouped by the first.</summary>
/// <param name="Group">The group.</param>
/// <param name="N">Its images.</param>
/// <param name="First">How many of them are right under attack with the first model.</param>
/// <param name="Second">How many with the second.</param>
/// <param name="Wins">Right under attack with the second, wrong with the first.</param>
/// <param name="Losses">Right under attack with the first, wrong with the second.</param>
public sealed record GroupOutcome(RobustnessGroup Group, int N, int First, int Second, int Wins, int Losses);

/// <summary>Two models under the same attack on the same images.</summary>
/// <param name="ByFirst">The groups that the first model makes.</param>
/// <param name="BySecond">
/// The groups that the second makes, and what the first wins and loses in them. Whoever makes the groups has failed on most
/// of the least robust images, so that the other can hardly but win there: only both tables together say who gains.
/// </param>
/// <param name="Robust">All images, right under attack.</param>
/// <param name="Clean">All images, right as they are.</param>
public sealed record GroupComparison(
    IReadOnlyList<GroupOutcome> ByFirst, IReadOnlyList<GroupOutcome> BySecond, PairedCounts Robust, PairedCounts Clean)
{
    /// <summary>Counts.</summary>
    /// <param name="first">At least one image.</param>
    /// <param name="second">The same images in the same order.</param>
    public static GroupComparison Of(IReadOnlyList<AttackedImage> first, IReadOnlyList<AttackedImage> second)
    {
        if (!first.Select(i => (i.Index, i.Label)).SequenceEqual(second.Select(i => (i.Index, i.Label))))
            throw new ArgumentException("the images are not the same", nameof(second));
        return new GroupComparison(
            Outcomes(first, second), Outcomes(second, first),
            PairedCounts.Of(first.Zip(second, (a, b) => (a.Robust, b.Robust))),
            PairedCounts.Of(first.Zip(second, (a, b) => (a.Right, b.Right))));
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

/// <summary>Two models on the same images, counted in pairs, with McNemar's exact test.</summary>
/// <param name="Both">Images that both get right.</param>
/// <param name="OnlyFirst">Images that the first alone gets right.</param>
/// <param name="OnlySecond">Images that the second alone gets right.</param>
/// <param name="Neither">Images that neither gets right.</param>
/// <param name="Difference">Accuracy of the second less that of the first.</param>
/// <param name="Interval">95 % interval of the difference (Bonett and Price 2012).</param>
/// <param name="PValue">Two-sided.</param>
public sealed record PairedCounts(
    int Both, int OnlyFirst, int OnlySecond, int Neither, double Difference, double[] Interval, double PValue)
{
    /// <summary>Counts.</summary>
    public static PairedCounts Of(IEnumerable<(bool First, bool Second)> pairs)
    {
        var counts = pairs.CountBy(p => p).ToDictionary();
        int Of(bool first, bool second) => counts.GetValueOrDefault((first, second));
        var (b, c, n) = (Of(false, true), Of(true, false), counts.Values.Sum());
        var (low, high) = McNemar.Difference(b, c, n);
        return new PairedCounts(Of(true, true), c, b, Of(false, false), (double)(b - c) / n, [low, high], McNemar.PValue(b, c));
    }
}
