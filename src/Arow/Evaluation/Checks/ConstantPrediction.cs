using System.Globalization;
using Arow.Classes;

namespace Arow.Evaluation.Checks;

/// <summary>
/// A model that gives all images, or all but a hundredth, one class, though there are images of others. It withstands every
/// attack: what other checks would see in that, masked gradients for example, is not the cause.
/// </summary>
internal static class ConstantPrediction
{
    /// <summary>How findings and gates call it.</summary>
    public const string Name = "constant-prediction";

    private const double Threshold = 0.99;

    /// <summary>Whether it holds of the images as they are.</summary>
    /// <param name="rows">A row for each image.</param>
    public static bool Holds(IReadOnlyList<SampleResult> rows) => Analyze(rows) is not null;

    public static Finding? Find(ModelCheckContext context)
    {
        if (Analyze(context.Rows) is not { } c) return null;
        var name = $"'{ClassNames.Summarize([context.ClassNames[(int)c.Class]])}'";
        var message = c.Given == c.All
            ? $"All {c.All} images get class {name}, though {c.Others} {(c.Others == 1 ? "is of another class" : "are of other classes")}."
            : $"{c.Given} of {c.All} images get class {name}, among them {c.Taken} of the {c.Others} that are of other classes.";
        var balanced = BalancedAccuracy.Compute(context.Rows, r => r.Clean == r.Label);
        return Finding.Warning(
            Name, message,
            string.Create(CultureInfo.InvariantCulture,
                $"The model does not tell the classes apart: its accuracy is the share of that class, {100 * c.Share:f1} %, and it withstands "
                    + $"attacks because it hardly looks at the image. Balanced accuracy shows it: {100 * balanced.Value:f1} %, where a constant "
                    + $"gets {100.0 / balanced.Classes:f1} %. It may be trained too little, or on too few images of the other classes; if it is "
                    + $"known to do better elsewhere, its pixels may be scaled otherwise (--mean, --std)."),
            []);
    }

    private static (long Class, int Given, int All, int Taken, int Others, double Share)? Analyze(IReadOnlyList<SampleResult> all)
    {
        // What is no number is no prediction, and another finding.
        SampleResult[] rows = [.. all.Where(r => !double.IsNaN(r.Margin))];
        if (rows.DistinctBy(r => r.Label).Count() < 2) return null;
        var (given, count) = rows.CountBy(r => r.Clean).MaxBy(c => c.Value);
        var others = rows.Count(r => r.Label != given);
        var taken = rows.Count(r => r.Label != given && r.Clean == given);
        // A good model on images that are nearly all of one class also gives that class nearly always, but not to the others.
        return count >= Threshold * rows.Length && 2 * taken > others
            ? (given, count, rows.Length, taken, others, 1 - (double)others / rows.Length)
            : null;
    }
}
