using System.Globalization;
using Arow.Classes;

namespace Arow.Evaluation.Checks;

/// <summary>
/// A model that predicts one class for all images, or all but a hundredth, though there are images of others. It is robust to every
/// attack, and other checks would report a wrong cause, such as masked gradients.
/// </summary>
internal static class ConstantPrediction
{
    /// <summary>The name of the check in findings and gates.</summary>
    public const string Name = "constant-prediction";

    private const double Threshold = 0.99;

    /// <summary>Whether the predictions for clean images are constant.</summary>
    /// <param name="rows">A row for each image.</param>
    public static bool Holds(IReadOnlyList<SampleResult> rows) => Analyze(rows) is not null;

    public static Finding? Find(ModelCheckContext context)
    {
        if (Analyze(context.Rows) is not { } c) return null;
        var name = $"'{ClassNames.Summarize([context.ClassNames[(int)c.Class]])}'";
        var message = c.Given == c.All
            ? $"All {c.All} images are classified as {name}, though {c.Others} {(c.Others == 1 ? "is of another class" : "are of other classes")}."
            : $"{c.Given} of {c.All} images are classified as {name}, including {c.Taken} of the {c.Others} images of other classes.";
        var balanced = BalancedAccuracy.Compute(context.Rows, r => r.Clean == r.Label);
        return Finding.Warning(
            Name, message,
            string.Create(CultureInfo.InvariantCulture,
                $"The model does not distinguish the classes: its accuracy is the share of that class, {100 * c.Share:f1} %, and it is robust to "
                    + $"attacks because it hardly depends on the image. Balanced accuracy shows this: {100 * balanced.Value:f1} %, where a constant "
                    + $"has {100.0 / balanced.Classes:f1} %. It may be undertrained, or trained on too few images of the other classes; if it is "
                    + $"known to be better elsewhere, its pixels may be scaled differently ({Wording.Current.Setting("mean")}, {Wording.Current.Setting("std")})."),
            []);
    }

    private static (long Class, int Given, int All, int Taken, int Others, double Share)? Analyze(IReadOnlyList<SampleResult> all)
    {
        // NaN logits are not predictions, and another finding.
        SampleResult[] rows = [.. all.Where(r => !double.IsNaN(r.Margin))];
        if (rows.DistinctBy(r => r.Label).Count() < 2) return null;
        var (given, count) = rows.CountBy(r => r.Clean).MaxBy(c => c.Value);
        var others = rows.Count(r => r.Label != given);
        var taken = rows.Count(r => r.Label != given && r.Clean == given);
        // A good model on images that nearly all have one class also predicts it nearly always, but not for the other images.
        return count >= Threshold * rows.Length && 2 * taken > others
            ? (given, count, rows.Length, taken, others, 1 - (double)others / rows.Length)
            : null;
    }
}
