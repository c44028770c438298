using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Arow.Evaluation;

/// <summary>
/// An evaluation in the format of RobustBench's <c>model_info</c> files, to be completed before submission: fields that only
/// people know are null. The accuracy under AutoAttack is included only if the complete AutoAttack was run.
/// </summary>
internal static class RobustBenchRecord
{
    public static string Create(EvaluationSummary summary)
    {
        var s = summary.Subject;
        var standard = Protocol.IsStandard(s.Protocol);
        var robust = Percent(summary.RobustAccuracy);
        var record = new JsonObject
        {
            ["link"] = null,
            ["name"] = s.Objective is null ? s.Model : $"{s.Objective} ({s.Model})",
            ["authors"] = null,
            ["additional_data"] = null,
            ["number_forward_passes"] = 1,
            ["dataset"] = s.Dataset,
            ["venue"] = null,
            ["architecture"] = s.Model,
            ["eps"] = s.Epsilon,
            ["clean_acc"] = Percent(summary.CleanAccuracy),
            ["reported"] = standard ? robust : null,
            ["autoattack_acc"] = standard ? robust : null,
            ["external"] = null,
            ["unreliable"] = summary.Findings?.Any(f => f.Level == FindingLevel.Warning) == true,
            ["footnote"] = Footnote(summary, standard, robust),
        };
        return record.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    private static string Footnote(EvaluationSummary summary, bool standard, string robust)
    {
        var s = summary.Subject;
        var threat = $"{s.Norm} norm {s.Epsilon}, {summary.N} test images, seed {s.Seed}, weights {s.WeightsSha256}.";
        return standard ? $"AutoAttack as implemented by Arow; {threat}" : $"Not measured with AutoAttack: {robust} % under {s.Protocol}; {threat}";
    }

    private static string Percent(double share) => (100 * share).ToString("F2", CultureInfo.InvariantCulture);
}
