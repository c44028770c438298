using System.Globalization;
using Arow.Statistics;

namespace Arow.Evaluation.Checks;

/// <summary>
/// Clean accuracy that predicting the largest class would reach. With classes of unequal size, lower accuracy does
/// not make a model useless: it counts only if its balanced accuracy, too, is no better than that of a constant.
/// </summary>
internal static class NearChance
{
    public const string Name = "near-chance";

    public static Finding? Find(ModelCheckContext context)
    {
        if (context.Classes < 2) return null;
        var right = context.Rows.Count(r => r.Clean == r.Label);
        var chance = context.ChanceAccuracy(context.Rows);
        if (Confidence.Wilson(right, context.Rows.Count).Low > chance) return null;
        var balanced = BalancedAccuracy.Compute(context.Rows, r => r.Clean == r.Label);
        if (balanced.Classes > 1 && balanced.Interval.Low > 1.0 / balanced.Classes) return null;
        return Finding.Warning(
            Name,
            string.Create(CultureInfo.InvariantCulture,
                $"Only {FindingChecks.DescribeCount(right, context.Rows.Count)} are classified correctly without an attack; "
                    + $"{(balanced.Classes > 1 ? "predicting the largest class for every image" : $"guessing among {context.Classes} classes")} would "
                    + $"reach {100 * chance:f1} %."),
            "The model may be undertrained, its pixels may be scaled differently (mean and deviation missing or applied twice), its classes may "
                + $"be in another order ({Wording.Current.Setting("class-names")}), or the weights may be of another model: its robust accuracy is then meaningless.",
            []);
    }
}
