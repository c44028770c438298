using System.Globalization;
using Arow.Statistics;

namespace Arow.Evaluation.Checks;

/// <summary>
/// Clean accuracy that naming the commonest class would reach. Where classes are of unequal size, accuracy below that does
/// not make a model useless: it counts only where its balanced accuracy, too, is no better than that of a constant.
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
                $"Only {FindingChecks.DescribeCount(right, context.Rows.Count)} are classified rightly as they are; "
                    + $"{(balanced.Classes > 1 ? "naming the commonest class for every image" : $"guessing among {context.Classes} classes")} would "
                    + $"reach {100 * chance:f1} %."),
            "The model may have learnt little, its pixels may be scaled otherwise (mean and deviation, missing or applied twice), its classes may "
                + "be in another order (--class-names), or the weights may be of another model: its robust accuracy then says nothing.",
            []);
    }
}
