using System.Globalization;
using System.Text.Json;
using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Reports;

/// <summary>Formats numbers for reports.</summary>
internal static class ReportFormat
{
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
