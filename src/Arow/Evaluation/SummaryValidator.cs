using System.Text.Json;
using Arow.IO;

namespace Arow.Evaluation;

/// <summary>Validates a summary that was read from a file: numbers out of range, missing values.</summary>
internal static class SummaryValidator
{
    /// <summary>Returns the first invalid field and the reason; null if all are valid.</summary>
    public static string? Validate(EvaluationSummary summary) => FindErrors(summary).FirstOrDefault();

    private static IEnumerable<string> FindErrors(EvaluationSummary s) =>
    [
        .. Count("n", s.N, least: 1), .. Share("clean_accuracy", s.CleanAccuracy), .. Interval("clean_interval", s.CleanInterval),
        .. Share("robust_accuracy", s.RobustAccuracy), .. Interval("robust_interval", s.RobustInterval),
        .. Each("attacks", s.Attacks, Attack), .. Each("classes", s.Classes, Class), .. Each("findings", s.Findings, Finding),
        .. s.Calibration is { } calibration ? Calibration(calibration) : [],
        .. s.Quantized is { } quantized ? Quantized(quantized) : [],
        .. s.Provenance.ValueKind == JsonValueKind.Object && JsonTexts.AreUnicode(s.Provenance) ? [] : (string[])["provenance is not an object of texts"],
    ];

    private static IEnumerable<string> Attack(string at, AttackSummary a) =>
    [
        .. Share($"{at}.accuracy", a.Accuracy), .. Count($"{at}.attacked", a.Attacked), .. Count($"{at}.broken", a.Broken, most: a.Attacked),
        .. Size($"{at}.seconds", a.Seconds), .. Interval($"{at}.interval", a.Interval), .. Share($"{at}.accuracy_alone", a.AccuracyAlone),
        .. Share($"{at}.zero_gradients", a.ZeroGradients), .. Size($"{at}.passes_per_image", a.PassesPerImage),
    ];

    private static IEnumerable<string> Class(string at, ClassSummary c) =>
        [.. Count($"{at}.n", c.N), .. Share($"{at}.clean_accuracy", c.CleanAccuracy), .. Share($"{at}.robust_accuracy", c.RobustAccuracy)];

    private static IEnumerable<string> Finding(string at, Finding finding) =>
        Enum.IsDefined(finding.Level) ? [] : [$"{at}.level is unknown"];

    private static IEnumerable<string> Calibration(Calibration c) =>
    [
        .. Share("calibration.ece", c.Ece),
        .. Each("calibration.bins", c.Bins, (at, bin) =>
            [.. Count($"{at}.n", bin.N, least: 1), .. Share($"{at}.confidence", bin.Confidence), .. Share($"{at}.accuracy", bin.Accuracy)]),
    ];

    private static IEnumerable<string> Quantized(QuantizedSummary q) =>
    [
        .. Count("quantized.broken", q.Broken), .. Count("quantized.survived", q.Survived, most: q.Broken),
        .. Share("quantized.robust_accuracy", q.RobustAccuracy), .. Interval("quantized.robust_interval", q.RobustInterval),
    ];

    private static IEnumerable<string> Each<T>(string name, IReadOnlyList<T>? list, Func<string, T, IEnumerable<string>> faults) where T : class =>
        (list ?? []).SelectMany((item, i) => item is null ? [$"{name}[{i}] is null"] : faults($"{name}[{i}]", item));

    private static IEnumerable<string> Count(string name, int count, int least = 0, int most = int.MaxValue) =>
        count >= least && count <= most ? [] : [$"{name} cannot be {count}"];

    private static IEnumerable<string> Share(string name, double? share) => share is null or (>= 0 and <= 1) ? [] : [$"{name} is not in [0, 1]"];

    private static IEnumerable<string> Size(string name, double size) =>
        double.IsFinite(size) && size >= 0 ? [] : [$"{name} is not a number of at least 0"];

    private static IEnumerable<string> Interval(string name, double[]? ends) =>
        ends is null or [>= 0 and <= 1, >= 0 and <= 1] ? [] : [$"{name} is not two numbers in [0, 1]"];
}
