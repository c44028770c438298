using Arow.Evaluation;
using Arow.Models;
using Arow.Options;
using Arow.Registry;
using static Arow.Options.Setting<Arow.Analysis.AnalysisOptions>;
using static Arow.Options.SettingUses;

namespace Arow.Analysis;

/// <summary>The options of <c>arow analyze</c>, one row each.</summary>
internal static class AnalysisSettings
{
    /// <summary>All options, in the order of the help.</summary>
    public static readonly IReadOnlyList<Setting<AnalysisOptions>> All =
    [
        Row("attack", None, "attack", o => o.Attack, (o, v) => o with { Attack = v }, known: Catalog.Attacks.Keys, expects: "NAME"),
        .. MeasurementSettings.Target<AnalysisOptions>(),
        .. MeasurementSettings.Work<AnalysisOptions>(),
        PathRow("against", None, "second model to compare with on the same images: run folder or file",
            o => o.Against, (o, v) => o with { Against = v }, unset: "none", expects: "OTHER"),
        Row("against-model", None, "architecture of the second model", o => o.AgainstArchitecture, (o, v) => o with { AgainstArchitecture = v },
            unset: "from the file", expects: "NAME") with
        { ValidateName = Architectures.ValidateName },
        Row("split", None, "split of the data set", o => o.Split, (o, v) => o with { Split = v }),
        Row("landscape", None, "images of the curves and the loss surface, drawn by the seed; 0: none",
            o => o.Landscape, (o, v) => o with { Landscape = v }, range: Bounds.NotNegative),
        Row("epsilons", None, "values of epsilon of the accuracy curve", o => o.Epsilons, (o, v) => o with { Epsilons = v },
            unset: "0 to 8 times epsilon", expects: "0,4/255,…", expected: "a list of non-negative numbers such as 0,4/255") with
        {
            Check = o => o.Epsilons?.Select(size => (o.Threat with { Size = size }).Validate("epsilons")).FirstOrDefault(fault => fault is not null),
        },
        Row("steps", None, "numbers of attack steps of the accuracy curve", o => o.Steps, (o, v) => o with { Steps = v },
            range: Bounds.NotNegative, unset: string.Join(',', AnalysisOptions.DefaultSteps), expects: "1,10,…",
            expected: "a list of non-negative integers"),
        .. MeasurementSettings.Model<AnalysisOptions>(),
    ];
}
