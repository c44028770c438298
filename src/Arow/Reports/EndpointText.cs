using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.Evaluation;
using Arow.Options;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>Text on endpoints in the report of a study.</summary>
internal static class EndpointText
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>"robust, APGD, last weights".</summary>
    internal static string DescribeAccuracy(EndpointResult result) =>
        $"{EnumName.ToName(result.Endpoint.Metric)}, {result.Endpoint.Evaluation.Name}{Weights(result.Endpoint)}";

    /// <summary>Formats a share in points with up to two decimals: "0.5", "-0.83".</summary>
    internal static string FormatPoints(double share) => (100 * share).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Returns the verdict of a comparison in one sentence, with its figures.</summary>
    internal static string DescribeVerdict(EndpointResult result)
    {
        var endpoint = result.Endpoint;
        var (arm, other, margin) = (endpoint.Arm, result.Other, FormatPoints(endpoint.Margin));
        var accuracy = endpoint.Metric == Studies.Accuracy.Clean ? $"clean accuracy{Weights(endpoint)}"
            : $"robust accuracy under {endpoint.Evaluation.Name}{Weights(endpoint)}";
        if (result.OverSeeds is not { } seeds) return $"Undecided between {arm} and {other} in {accuracy}: no seed has results of both.";

        var difference = FormatPoints(Math.Abs(seeds.Difference));
        var claim = result.Verdict switch
        {
            Studies.Verdict.Ahead => $"{arm} is ahead of {other} by {difference} points of {accuracy}",
            Studies.Verdict.Behind => $"{arm} is behind {other} by {difference} points of {accuracy}",
            Studies.Verdict.Level => $"{arm} and {other} are level within {margin} points of {accuracy}",
            _ => $"Undecided between {arm} and {other} in {accuracy}",
        };
        var small = result is { IsLevel: true, Verdict: Studies.Verdict.Ahead or Studies.Verdict.Behind }
            ? $", but by less than the margin of {margin}" : "";
        var soFar = seeds.Seeds < result.Planned ? $"After {seeds.Seeds} of {result.Planned} seeds: " : "";
        return $"{soFar}{claim}{small} ({DescribeStatistics(result, seeds)}).{DescribeTooFewSeeds(result, seeds)}";
    }

    /// <summary>Returns warnings about endpoints that changed after runs had started, one line each.</summary>
    /// <param name="stated">Stated endpoints, from oldest to newest.</param>
    public static IEnumerable<string> DescribeChanges(IReadOnlyList<StatedEndpoints> stated)
    {
        foreach (var (i, now) in stated.Index().Where(s => s.Item.StartedRuns > 0))
        {
            var before = i == 0 ? null : stated[i - 1];
            foreach (var (which, old, current) in ((string, JsonNode?, JsonNode?)[])[
                ("PRIMARY ENDPOINT", before?.Primary, now.Primary), ("SECONDARY ENDPOINTS", NotEmpty(before?.Secondary), NotEmpty(now.Secondary))])
            {
                if (JsonNode.DeepEquals(old, current)) continue;
                var when = $"on {FormatDate(now)}, {DescribeProgress(now)}";
                yield return old is null ? $"{which} STATED LATE: {when}. An endpoint stated when results are visible confirms nothing."
                    : current is null ? $"{which} WITHDRAWN: {when}. Before: {Text(old)}."
                    : $"{which} CHANGED: {when}. {DescribeDifferences(old, current)}.";
            }
        }

        static JsonArray? NotEmpty(JsonArray? endpoints) => endpoints is { Count: > 0 } ? endpoints : null;
    }

    /// <summary>Describes when the endpoints were stated.</summary>
    internal static string DescribeStatement(StatedEndpoints stated) =>
        $"Stated on {FormatDate(stated)}, {(stated.StartedRuns == 0 ? "before any run started" : DescribeProgress(stated))} (SHA-256 "
            + $"{stated.Sha256[..16]}…, in full in endpoints.json).";

    private static string DescribeStatistics(EndpointResult result, SeedComparison seeds)
    {
        string?[] figures =
        [
            result.Verdict == Studies.Verdict.Ahead ? null : $"difference {FormatPoints(seeds.Difference)}",
            seeds.DifferenceInterval is { } i ? $"95 % interval {FormatPoints(i.Low)} to {FormatPoints(i.High)}" : null,
        ];
        var level = result is { EquivalencePValue: { } p, AdjustedEquivalencePValue: { } adjusted }
            ? $", TOST {FormatPValue(p)}{Holm(p, adjusted)} for ±{FormatPoints(result.Endpoint.Margin)}" : "";
        return string.Join("; ", figures.OfType<string>().Append(
            $"{seeds.Seeds} seed{(seeds.Seeds == 1 ? "" : "s")}, ahead in {seeds.Ahead}, exact sign-flip "
                + $"{FormatPValue(seeds.PValue)}{Holm(seeds.PValue, result.AdjustedPValue)}{level}"));

        static string Holm(double p, double adjusted) => adjusted == p ? "" : $", Holm {FormatNumber(adjusted)}";
    }

    /// <summary>Notes if no result with this number of seeds could be significant.</summary>
    private static string DescribeTooFewSeeds(EndpointResult result, SeedComparison seeds)
    {
        var smallest = SeedComparison.SmallestPValue(seeds.Seeds);
        return result.Verdict != Studies.Verdict.Undecided || smallest < PairedComparison.Level ? ""
            : $" With {(seeds.Seeds == 1 ? "one seed" : $"{seeds.Seeds} seeds")} the sign-flip test cannot come below {FormatPValue(smallest)}.";
    }

    private static string DescribeDifferences(JsonNode old, JsonNode current)
    {
        if (old is not JsonObject before || current is not JsonObject after) return $"Before: {Text(old)}";
        return string.Join("; ", before.Select(b => b.Key).Union(after.Select(a => a.Key))
            .Where(key => !JsonNode.DeepEquals(before[key], after[key]))
            .Select(key => $"{key}: {Text(before[key])} before, {Text(after[key])} now"));
    }

    private static string DescribeProgress(StatedEndpoints stated) =>
        $"after {stated.StartedRuns} run{(stated.StartedRuns == 1 ? "" : "s")} had started and {stated.MeasuredRuns} had been evaluated";

    private static string Weights(Endpoint endpoint) => endpoint.Weights is { } weights ? $", {weights} weights" : "";

    private static string FormatDate(StatedEndpoints stated) => stated.Since.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Text(JsonNode? value) => value?.ToJsonString(OneLine) ?? "none";

    /// <summary>"p = 0.016".</summary>
    private static string FormatPValue(double p) => ReportFormat.PEquals(p, "G2");

    /// <summary>Formats with two significant figures: "0.016".</summary>
    private static string FormatNumber(double p) => ReportFormat.PValue(p, "G2");
}
