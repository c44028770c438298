using System.Globalization;

namespace Arow.Options;

/// <summary>The range of an option's numbers. NaN and infinities are in no range.</summary>
/// <param name="Minimum">The lower end.</param>
/// <param name="Maximum">The upper end; infinite for none.</param>
/// <param name="ExcludesMinimum">Whether the lower end itself is excluded.</param>
/// <param name="ExcludesMaximum">Whether the upper end itself is excluded.</param>
internal sealed record Bounds(double Minimum, double Maximum = double.PositiveInfinity, bool ExcludesMinimum = false, bool ExcludesMaximum = false)
{
    /// <summary>1, 2, 3 …</summary>
    public static readonly Bounds Count = new(1);

    /// <summary>From 0 up.</summary>
    public static readonly Bounds NotNegative = new(0);

    /// <summary>Above 0.</summary>
    public static readonly Bounds Positive = new(0, ExcludesMinimum: true);

    /// <summary>[0, 1].</summary>
    public static readonly Bounds Share = new(0, 1);

    /// <summary>Whether both ends are finite.</summary>
    public bool IsInterval => double.IsFinite(Maximum);

    /// <summary>Whether a number is in the range.</summary>
    public bool Contains(double value) =>
        double.IsFinite(value) && (ExcludesMinimum ? value > Minimum : value >= Minimum) && (ExcludesMaximum ? value < Maximum : value <= Maximum);

    /// <summary>Returns the error of numbers, as the end of a sentence: "is not in [0, 1)"; null if they are valid.</summary>
    /// <param name="text">One number, or several with commas between.</param>
    /// <param name="isInteger">Whether they are integers.</param>
    public string? Validate(string text, bool isInteger)
    {
        double[] numbers = [.. text.Split(',').Select(part => Ratio.Parse(part)?.Value ?? double.NaN)];
        if (Array.TrueForAll(numbers, Contains)) return null;
        if (isInteger && Minimum >= 1 && numbers.Max() > Maximum) return Invariant($"is more than {Maximum}");
        if (isInteger && (Minimum >= 1 || !IsInterval)) return Invariant($"is not an integer of at least {Minimum}");
        return IsInterval ? $"is not in {this}" : ExcludesMinimum ? "is not positive" : Invariant($"is not a number of at least {Minimum}");
    }

    /// <summary>"[0, 1)".</summary>
    public override string ToString() => Invariant($"{(ExcludesMinimum ? '(' : '[')}{Minimum}, {Maximum}{(ExcludesMaximum ? ')' : ']')}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
