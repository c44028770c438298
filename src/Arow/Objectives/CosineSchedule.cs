using System.Globalization;

namespace Arow.Objectives;

/// <summary>A number that changes from one value to another along half a cosine, "2,1" in run files.</summary>
/// <param name="From">The value at the start.</param>
/// <param name="To">The value at the end.</param>
public readonly record struct CosineSchedule(double From, double To)
{
    /// <summary>To + (From − To)(1 + cos πp)/2.</summary>
    /// <param name="p">The progress, in [0, 1].</param>
    public double ValueAt(double p) => To + (From - To) * (1 + Math.Cos(Math.PI * p)) / 2;

    /// <summary>Parses "2,1"; null if the text is not two numbers.</summary>
    public static CosineSchedule? Parse(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        return parts.Length == 2 && Ratio.Parse(parts[0]) is { } from && Ratio.Parse(parts[1]) is { } to ? new(from.Value, to.Value) : null;
    }

    /// <summary>"2,1".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:R},{To:R}");
}
