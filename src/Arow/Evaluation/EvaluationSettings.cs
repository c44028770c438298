using Arow.Attacks;
using Arow.Models;
using Arow.Options;
using Arow.Registry;
using static Arow.Options.Setting<Arow.Evaluation.EvaluationOptions>;
using static Arow.Options.SettingUses;

namespace Arow.Evaluation;

/// <summary>
/// All options of <c>arow evaluate</c>, a row each: the command line, help, checks, the <c>evaluations</c> of study files, the identity of
/// an evaluation and the options in summaries follow from it.
/// </summary>
internal static class EvaluationSettings
{
    /// <summary>All rows, in the order of the help.</summary>
    public static readonly IReadOnlyList<Setting<EvaluationOptions>> All =
    [
        Row("attack", None, "clean, or one or more attacks, separated by commas", o => o.Attacks is { Count: 0 } ? [NoAttack.Name] : o.Attacks,
            (o, v) => o with { Attacks = [.. v.Where(a => a != NoAttack.Name)] }, expects: "NAME,…") with { ValueList = [.. Catalog.Attacks.Keys],
            InStudies = "attacks" },
        .. MeasurementSettings.Target<EvaluationOptions>(),
        Row("randomness", Rows | Summarized, "random numbers keyed by image, or drawn as in published code", o => o.Randomness, (o, v) =>
            o with { Randomness = v }),
        .. MeasurementSettings.Work<EvaluationOptions>(),
        Row("restarts", None, "restarts of each attack", o => o.Budget.Restarts, (o, v) =>
            o with { Budget = o.Budget with { Restarts = v } }, range: Bounds.Count, unset: AttackDefault) with { InStudies = "restarts" },
        Row("steps", None, "gradient steps of each restart", o => o.Budget.Steps, (o, v) =>
            o with { Budget = o.Budget with { Steps = v } }, range: Bounds.Count, unset: AttackDefault) with { InStudies = "steps" },
        Row("queries", None, "queries of attacks without gradients", o => o.Budget.Queries, (o, v) =>
            o with { Budget = o.Budget with { Queries = v } }, range: Bounds.Count, unset: AttackDefault) with { InStudies = "queries" },
        Row("targets", None, "target classes of targeted attacks", o => o.Budget.Targets, (o, v) =>
            o with { Budget = o.Budget with { Targets = v } }, range: Bounds.Count, unset: AttackDefault) with { InStudies = "targets" },
        Row("precision", Rows | Summarized,
            "attack the network itself, or its folded form in float32 (fast); the network classifies the results; auto: fast if keyed", o =>
                o.Precision, (o, v) => o with { Precision = v }),
        Row("quantize", Rows | Summarized, "also classify adversarial images rounded to 8 bits a pixel", o => o.Quantize, (o, v) =>
            o with { Quantize = v }),
        Row("stop-below", None, "end early once robust accuracy is below X with 95 % confidence", o => o.StopBelow, (o, v) =>
            o with { StopBelow = v }, range: Bounds.Share, expected: Accuracy, unset: "never"),
        Row("fail-under", None, "exit with 3 unless robust accuracy is at least X with 95 % confidence", o => o.FailUnder, (o, v) =>
            o with { FailUnder = v }, range: Bounds.Share, expected: Accuracy, unset: "never"),
        Row("fail-under-balanced", None, "the same for balanced robust accuracy, the mean over the classes", o => o.FailUnderBalanced, (o, v) =>
            o with { FailUnderBalanced = v }, range: Bounds.Share, expected: Accuracy, unset: "never"),
        .. MeasurementSettings.Model<EvaluationOptions>(),
        PathRow("surrogate", None, "run attacks that need gradients on this model and transfer them to MODEL", o => o.Surrogate, (o, v) =>
            o with { Surrogate = v }, unset: "none", expects: "MODEL"),
        Row("surrogate-model", None, "architecture of the surrogate", o => o.SurrogateArchitecture, (o, v) =>
            o with { SurrogateArchitecture = v }, unset: "from the file", expects: "NAME") with { ValidateName = Architectures.ValidateName },
    ];

    /// <summary>The rows of the <c>evaluations</c> of study files, with their names there.</summary>
    public static readonly IReadOnlyList<Setting<EvaluationOptions>> InStudies =
        [.. All.Where(s => s.InStudies is not null).Select(s => s with { Name = s.InStudies! })];

    /// <summary>Returns the names and values that affect the rows of an evaluation, for its identity: "batch size", "250".</summary>
    /// <param name="options">The options of the evaluation.</param>
    /// <param name="rows">The rows of the table; null for all.</param>
    public static IEnumerable<string[]> Identity(EvaluationOptions options, IEnumerable<Setting<EvaluationOptions>>? rows = null) =>
        (rows ?? All).Where(s => s.Uses.HasFlag(Rows)).Select(s => new[] { IdentityName(s), IdentityText(s, s.Get(options)) });

    /// <summary>Returns the value of evaluations from before an option was added: its default; null for original and unknown options.</summary>
    internal static string? DefaultFor(string identityName, IEnumerable<Setting<EvaluationOptions>>? rows = null) =>
        (rows ?? All).FirstOrDefault(s => !s.Uses.HasFlag(Summarized) && IdentityName(s) == identityName) is { } setting
            ? IdentityText(setting, setting.Get(new EvaluationOptions())) : null;

    /// <summary>Returns non-default options that affect the rows and have no separate field in summaries; null if there are none.</summary>
    /// <param name="options">The options of the evaluation.</param>
    /// <param name="rows">The rows of the table; null for all.</param>
    public static IReadOnlyDictionary<string, string>? NonDefault(EvaluationOptions options, IEnumerable<Setting<EvaluationOptions>>? rows = null) =>
        (rows ?? All).Where(s => s.Uses.HasFlag(Rows) && !s.Uses.HasFlag(Summarized) && s.Get(options) != s.Get(new EvaluationOptions()))
            .ToDictionary(s => s.Name, s => s.Get(options) ?? "none") is { Count: > 0 } changed ? changed : null;

    private const string AttackDefault = "the attack's own", Accuracy = "an accuracy from 0 to 1, such as 0.45";

    private static string IdentityName(Setting<EvaluationOptions> setting) => setting.Name.Replace('-', ' ');

    private static string IdentityText(Setting<EvaluationOptions> setting, string? text) =>
        !setting.IsFlag ? text ?? "none" : text == "true" ? "yes" : "no";
}
