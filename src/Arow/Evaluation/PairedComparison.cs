using Arow.Statistics;

namespace Arow.Evaluation;

/// <summary>A comparison of two evaluations of the same images, counted in pairs.</summary>
/// <param name="Both">Images that are robust in both.</param>
/// <param name="OnlyFirst">Images that are robust in the first alone.</param>
/// <param name="OnlySecond">Images that are robust in the second alone.</param>
/// <param name="Neither">Images that are robust in neither.</param>
internal sealed record PairedComparison(int Both, int OnlyFirst, int OnlySecond, int Neither)
{
    /// <summary>The significance level.</summary>
    public const double Level = 0.05;

    /// <summary>The number of all images.</summary>
    public int N => Both + OnlyFirst + OnlySecond + Neither;

    /// <summary>The number of images that are robust in the first.</summary>
    public int FirstCount => Both + OnlyFirst;

    /// <summary>The number of images that are robust in the second.</summary>
    public int SecondCount => Both + OnlySecond;

    /// <summary>Share of images that are robust in the first.</summary>
    public double First => (double)FirstCount / N;

    /// <summary>Share of images that are robust in the second.</summary>
    public double Second => (double)SecondCount / N;

    /// <summary>First share minus second share.</summary>
    public double Difference => (double)(OnlyFirst - OnlySecond) / N;

    /// <summary>95 % interval of <see cref="Difference"/>.</summary>
    public Interval DifferenceInterval => McNemar.Difference(OnlyFirst, OnlySecond, N);

    /// <summary>McNemar's exact two-sided p-value.</summary>
    public double PValue => McNemar.PValue(OnlyFirst, OnlySecond);

    /// <summary>Whether they differ significantly at the 5 % level.</summary>
    public bool Differ => PValue < Level;

    /// <summary>Compares the robust images of two evaluations.</summary>
    /// <param name="first">The rows of one.</param>
    /// <param name="second">The rows of the other, of the same images: see <see cref="Pair"/>.</param>
    public static PairedComparison CompareRobust(IReadOnlyList<SampleResult> first, IReadOnlyList<SampleResult> second) =>
        Compare(first, second, row => row.Robust);

    /// <summary>Compares the images that two evaluations classify correctly without an attack.</summary>
    /// <param name="first">The rows of one.</param>
    /// <param name="second">The rows of the other, of the same images: see <see cref="Pair"/>.</param>
    public static PairedComparison CompareClean(IReadOnlyList<SampleResult> first, IReadOnlyList<SampleResult> second) =>
        Compare(first, second, row => row.Clean == row.Label);

    /// <summary>Pairs the rows of the same image.</summary>
    /// <exception cref="InputException">The images or their classes differ.</exception>
    public static IReadOnlyList<(SampleResult First, SampleResult Second)> Pair(
        IReadOnlyList<SampleResult> first, IReadOnlyList<SampleResult> second)
    {
        var others = new Dictionary<long, SampleResult>();
        foreach (var row in second)
        {
            if (!others.TryAdd(row.Index, row)) throw new InputException($"the second evaluation has duplicate rows of image {row.Index}");
        }
        var pairs = new List<(SampleResult, SampleResult)>();
        var unpaired = new List<long>();
        foreach (var row in first.OrderBy(r => r.Index))
        {
            if (!others.Remove(row.Index, out var other)) unpaired.Add(row.Index);
            else if (other.Label != row.Label)
                throw new InputException(
                    $"image {row.Index} has class {row.Label} in the first evaluation and {other.Label} in the second: these are different data");
            else pairs.Add((row, other));
        }
        if (unpaired.Count + others.Count > 0)
        {
            throw new InputException(
                $"these evaluations are of different images: {Only(unpaired, "first")}, {Only(others.Keys, "second")}; evaluate both with the same "
                    + $"data, {Wording.Current.Setting("limit")} and {Wording.Current.Setting("seed")}");
        }
        return pairs.Count > 0 ? pairs : throw new InputException("these evaluations have no images");

        static string Only(IReadOnlyCollection<long> images, string which) =>
            $"{images.Count} only in the {which}{(images.Count > 0 ? $" (such as {images.Min()})" : "")}";
    }

    /// <summary>Compares the images of two evaluations by a condition.</summary>
    internal static PairedComparison Compare(
        IReadOnlyList<SampleResult> first, IReadOnlyList<SampleResult> second, Func<SampleResult, bool> isCorrect)
    {
        var counts = Pair(first, second).CountBy(p => (isCorrect(p.First), isCorrect(p.Second))).ToDictionary();
        int CountOf(bool first, bool second) => counts.GetValueOrDefault((first, second));
        return new PairedComparison(CountOf(true, true), CountOf(true, false), CountOf(false, true), CountOf(false, false));
    }
}
