using System.Globalization;
using System.Text.Json;
using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>Formats numbers for reports.</summary>
internal static class ReportFormat
{
    /// <summary>The smallest p-value that is shown as a number.</summary>
    private const double SmallestPValue = 1e-4;

    /// <summary>"54.3 %".</summary>
    public static string Percent(double share, int digits = 1) =>
        (100 * share).ToString($"F{digits}", CultureInfo.InvariantCulture) + " %";

    /// <summary>"51.2 – 57.4 %".</summary>
    public static string Percent(Interval interval) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * interval.Low:F1} – {100 * interval.High:F1} %");

    /// <summary>"10,000".</summary>
    public static string Count(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"12.3".</summary>
    public static string Seconds(double seconds) => seconds.ToString("N1", CultureInfo.InvariantCulture);

    /// <summary>"+1.2 points (95 % interval -0.3 to +2.7": the rest of the sentence closes the parenthesis.</summary>
    public static string Difference(double difference, double low, double high) => string.Create(CultureInfo.InvariantCulture,
        $"{100 * difference:+0.0;-0.0;0.0} points (95 % interval {100 * low:+0.0;-0.0;0.0} to {100 * high:+0.0;-0.0;0.0}");

    /// <summary>"0.016", or "&lt; 0.0001".</summary>
    public static string PValue(double p, string format) => p < SmallestPValue ? "< 0.0001" : p.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>"p = 0.016", or "p &lt; 0.0001".</summary>
    public static string PEquals(double p, string format = "0.####") => p < SmallestPValue ? $"p {PValue(p, format)}" : $"p = {PValue(p, format)}";

    /// <summary>"L∞, ε = 8/255".</summary>
    public static string Threat(EvaluationSubject subject) => $"{Norm(subject.Norm)}, ε = {subject.Epsilon}";

    /// <summary>"L∞".</summary>
    public static string Norm(string name) => name switch { "linf" => "L∞", "l2" => "L2", "l1" => "L1", _ => name };

    /// <summary>Returns an accuracy over n images with its interval.</summary>
    public static ShareEstimate WithInterval(double accuracy, int n) =>
        new(accuracy, n == 0 ? new Interval(0, 1) : Confidence.Wilson((long)Math.Round(accuracy * n), n));

    /// <summary>Creates a table of versions and the machine.</summary>
    public static Table Provenance(JsonElement provenance) => new(
        ["what", "value"], [.. provenance.EnumerateObject().Select(p => (IReadOnlyList<string>)[p.Name, Text(p.Value)])], Numbers: false);

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? string.Join("; ", value.EnumerateArray().Select(Text)) : value.ToString();
}
