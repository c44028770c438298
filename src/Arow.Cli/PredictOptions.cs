using Arow.Options;
using Arow.Runtime;
using static Arow.Options.Setting<Arow.Cli.PredictOptions>;
using static Arow.Options.SettingUses;

namespace Arow.Cli;

/// <summary>Options of <c>arow predict</c>.</summary>
internal sealed record PredictOptions : StandaloneOptions
{
    public int Top { get; init; } = 3;

    public double AbstainBelow { get; init; }

    public Ratio? Withstands { get; init; }

    public Norm? Norm { get; init; }

    public int BatchSize { get; init; } = 64;

    public int? Threads { get; init; }

    /// <summary>The threat model of the attack on each answer; null for no attack.</summary>
    public ThreatModel? Threat => Withstands is { } size ? ThreatModel.Default.With(Norm, size) : null;

    public static IReadOnlyList<Setting<PredictOptions>> Settings { get; } =
    [
        Row("top", None, "list the K most probable classes", o => o.Top, (o, v) => o with { Top = v }, range: Bounds.Count, expects: "K"),
        Row("abstain-below", None, "abstain if the confidence is lower", o => o.AbstainBelow, (o, v) =>
            o with { AbstainBelow = v }, range: Bounds.Share, expects: "P"),
        Row("withstands", None, "attack each answer with perturbations of this size, such as 8/255; a failed attack proves nothing", o =>
            o.Withstands, (o, v) => o with { Withstands = v },
            unset: "no attack", expects: "EPSILON", expected: "a number of at least 0, such as 8/255 or 0.03") with { Check = o =>
                o.Threat?.Validate("withstands") },
        Row("norm", None, "norm of the perturbations", o => o.Norm, (o, v) => o with { Norm = v }, unset: "linf"),
        Row("batch-size", None, "pictures at a time", o => o.BatchSize, (o, v) => o with { BatchSize = v }, range: Bounds.Count),
        Row("threads", None, "threads of libtorch", o => o.Threads, (o, v) =>
            o with { Threads = v }, range: new(1, LibTorch.MaximumThreads), unset: "one a core"),
        .. Rows<PredictOptions>(),
    ];

    public override IEnumerable<string> Validate(string prefix = "") =>
        Norm is not null && Withstands is null ? base.Validate(prefix).Append($"{prefix}norm needs {prefix}withstands") : base.Validate(prefix);
}
