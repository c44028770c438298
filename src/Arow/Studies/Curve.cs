namespace Arow.Studies;

/// <summary>Clean and robust accuracy of a method over increasing λ, with linear interpolation.</summary>
/// <param name="Points">In the order of λ; at least one.</param>
internal sealed record Curve(IReadOnlyList<(double Clean, double Robust)> Points)
{
    /// <summary>The smallest clean accuracy that it reaches.</summary>
    public double Low => Points.Min(p => p.Clean);

    /// <summary>The largest clean accuracy that it reaches.</summary>
    public double High => Points.Max(p => p.Clean);

    /// <summary>
    /// Returns robust accuracy at a clean accuracy; the highest if the curve passes it more than once, null outside the curve:
    /// there is no extrapolation.
    /// </summary>
    public double? RobustAt(double clean)
    {
        double? best = null;
        for (var i = 0; i < Points.Count; i++)
        {
            var (a, b) = (Points[i], Points[Math.Min(i + 1, Points.Count - 1)]);
            if (clean < Math.Min(a.Clean, b.Clean) || clean > Math.Max(a.Clean, b.Clean)) continue;
            var robust = a.Clean == b.Clean
                ? Math.Max(a.Robust, b.Robust)
                : a.Robust + (clean - a.Clean) / (b.Clean - a.Clean) * (b.Robust - a.Robust);
            best = Math.Max(best ?? robust, robust);
        }
        return best;
    }

    /// <summary>Returns the clean accuracies that both reach; null if there are none.</summary>
    public static (double Low, double High)? CommonRange(Curve a, Curve b)
    {
        var (low, high) = (Math.Max(a.Low, b.Low), Math.Min(a.High, b.High));
        return low <= high ? (low, high) : null;
    }

    /// <summary>Returns the difference in robust accuracy at equal clean accuracy, over the common range; null if there is none.</summary>
    public static EqualClean? Compare(Curve a, Curve b)
    {
        const int Intervals = 100;
        if (CommonRange(a, b) is not var (low, high)) return null;
        // Clamps the ends, which rounding may move off the curves.
        double CleanAt(int i) => Math.Min(high, low + (high - low) * i / Intervals);
        double[] differences = [.. Enumerable.Range(0, Intervals + 1).Select(i => a.RobustAt(CleanAt(i))!.Value - b.RobustAt(CleanAt(i))!.Value)];
        return new EqualClean(low, high, differences[Intervals / 2], differences.Min(), differences.Max());
    }
}

/// <summary>Two curves at equal clean accuracy.</summary>
/// <param name="Low">The smallest clean accuracy that both reach.</param>
/// <param name="High">The largest.</param>
/// <param name="Middle">The difference of robust accuracies halfway between.</param>
/// <param name="Minimum">The smallest difference between low and high.</param>
/// <param name="Maximum">The largest.</param>
internal sealed record EqualClean(double Low, double High, double Middle, double Minimum, double Maximum);
