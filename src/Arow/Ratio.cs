using System.Globalization;

namespace Arow;

/// <summary>
/// A number with its original text, so that 8/255 remains 8/255 in every report: rounded forms have been confused in
/// published results.
/// </summary>
/// <example>
/// <code>
/// Ratio epsilon = Ratio.FromFraction(8, 255);   // epsilon.Text is "8/255"
/// Ratio parsed = Ratio.Parse("8/255");
/// </code>
/// </example>
public readonly record struct Ratio
{
    private Ratio(double value, string text) => (Value, Text) = (value, text);

    /// <summary>The number.</summary>
    public double Value { get; }

    /// <summary>The original text.</summary>
    public string Text { get; }

    /// <summary>Creates numerator over denominator.</summary>
    public static Ratio FromFraction(int numerator, int denominator) =>
        new((double)numerator / denominator, string.Create(CultureInfo.InvariantCulture, $"{numerator}/{denominator}"));

    /// <summary>Converts a computed number.</summary>
    public static implicit operator Ratio(double value) => new(value, value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>Parses <c>0.031</c> or <c>8/255</c>; null if the text is neither or the number is not finite.</summary>
    public static Ratio? Parse(string text)
    {
        var parts = text.Split('/');
        if (parts.Length > 2 || !TryParseNumber(parts[0], out var value)) return null;
        if (parts.Length == 2) value = TryParseNumber(parts[1], out var denominator) ? value / denominator : double.NaN;
        return double.IsFinite(value) ? new Ratio(value, text.Trim()) : null;
    }

    /// <summary>Multiplies by a factor and keeps the denominator: half of 8/255 is 4/255.</summary>
    public Ratio Times(double factor)
    {
        var parts = Text.Split('/');
        TryParseNumber(parts[0], out var numerator);
        var text = (numerator * factor).ToString("G6", CultureInfo.InvariantCulture);
        return Parse(parts.Length == 2 ? $"{text}/{parts[1]}" : text)!.Value;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static bool TryParseNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
