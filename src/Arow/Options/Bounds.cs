using System.Globalization;

namespace Arow.Options;

/// <summary>The numbers that an option takes. NaN and the infinities are in none.</summary>
/// <param name="Least">The lower end.</param>
/// <param name="Most">The upper end; infinite for none.</param>
/// <param name="OpenLeast">Whether the lower end itself is excluded.</param>
/// <param name="OpenMost">Whether the upper end itself is excluded.</param>
public sealed record Bounds(double Least, double Most = double.PositiveInfinity, bool OpenLeast = false, bool OpenMost = false)
{
    /// <summary>1, 2, 3 …</summary>
    public static readonly Bounds Count = new(1);

    /// <summary>From 0 up.</summary>
    public static readonly Bounds NotNegative = new(0);

    /// <summary>Above 0.</summary>
    public static readonly Bounds Positive = new(0, OpenLeast: true);

    /// <summary>[0, 1].</summary>
    public static readonly Bounds Share = new(0, 1);

    /// <summary>Whether both ends are finite.</summary>
    public bool IsInterval => double.IsFinite(Most);

    /// <summary>Whether a number is one of them.</summary>
    public bool Contains(double value) =>
        double.IsFinite(value) && (OpenLeast ? value > Least : value >= Least) && (OpenMost ? value < Most : value <= Most);

    /// <summary>What is wrong with numbers, to follow their text: "is not in [0, 1)"; null if nothing is.</summary>
    /// <param name="text">One number, or several with commas between.</param>
    /// <param name="whole">Whether they are integers.</param>
    public string? Fault(string text, bool whole)
    {
        double[] numbers = [.. text.Split(',').Select(part => Ratio.Parse(part)?.Value ?? double.NaN)];
        if (Array.TrueForAll(numbers, Contains)) return null;
        if (whole && Least >= 1 && numbers.Max() > Most) return Invariant($"is more than {Most}");
        if (whole && (Least >= 1 || !IsInterval)) return Invariant($"is not a whole number from {Least} up");
        return IsInterval ? $"is not in {this}" : OpenLeast ? "is not positive" : Invariant($"is not a number from {Least} up");
    }

    /// <summary>"[0, 1)".</summary>
    public override string ToString() => Invariant($"{(OpenLeast ? '(' : '[')}{Least}, {Most}{(OpenMost ? ')' : ']')}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
