using Arow.Evaluation;

namespace Arow.Reports;

/// <summary>Report section on the predictions: confusion matrices, precision, recall and F1, calibration.</summary>
internal static class PredictionBlocks
{
    /// <summary>Creates the section.</summary>
    /// <param name="clean">Predictions of the images themselves.</param>
    /// <param name="attacked">Predictions in the worst case found; null without an attack.</param>
    /// <param name="classes">Names of the classes.</param>
    public static IEnumerable<IBlock> Create(ConfusionMatrix clean, ConfusionMatrix? attacked, IReadOnlyList<string> classes)
    {
        string[] names = [.. Enumerable.Range(0, clean.Size).Select(k => k < classes.Count ? classes[k] : $"{k}")];
        yield return new Heading("Predictions");
        yield return new Table(["measure", "clean", .. attacked is null ? (string[])[] : ["attacked"]],
        [
            Row("accuracy", m => (double)m.Correct / m.Total), Row("balanced accuracy", m => m.BalancedAccuracy),
            Row("precision, mean over classes", m => m.MacroPrecision), Row("recall, mean over classes", m => m.MacroRecall),
            Row("F1, mean over classes", m => m.MacroF1),
        ])
        { IsFixedOrder = true };
        yield return new Paragraph(
            "Precision is the share of the predictions of a class that are correct, recall the share of a class's images that are classified correctly, "
                + "F1 their harmonic mean. Balanced accuracy is the mean recall of the classes that have images; the other means are over the "
                + "classes that have images or predictions, with 0 where a measure is undefined, as in scikit-learn.");
        if (clean.Size <= ConfusionChart.MostClasses)
        {
            yield return Matrix("confusion-clean", "Confusion matrix without an attack", clean);
            if (attacked is not null) yield return Matrix("confusion", "Confusion matrix under attack, in the worst case found", attacked);
        }
        else
        {
            yield return new Paragraph($"Confusion matrices of more than {ConfusionChart.MostClasses} classes are not drawn.");
        }
        yield return new Table(
            ["class", "images", "precision", "recall", "F1", .. attacked is null ? (string[])[] : ["attacked: precision", "attacked: recall", "attacked: F1"]],
            [
                .. Enumerable.Range(0, clean.Size).Where(k => clean.ImagesOf(k) + clean.PredictedAs(k) + (attacked?.PredictedAs(k) ?? 0) > 0)
                    .Select(k => (IReadOnlyList<string>)[names[k], ReportFormat.Count(clean.ImagesOf(k)), .. Measures(clean, k),
                        .. attacked is null ? (string[])[] : Measures(attacked, k)]),
            ])
        { Caption = "Precision, recall and F1 of each class" };

        IReadOnlyList<string> Row(string name, Func<ConfusionMatrix, double> measure) =>
            [name, ReportFormat.Percent(measure(clean)), .. attacked is null ? (string[])[] : [ReportFormat.Percent(measure(attacked))]];

        SvgFigure Matrix(string name, string title, ConfusionMatrix m) => new(
            name, $"{title}: rows are the true classes, columns the predictions, numbers per cent of the class.", ConfusionChart.RenderSvg(title, m, names));
    }

    /// <summary>Creates the section on calibration.</summary>
    public static IEnumerable<IBlock> CreateCalibration(Calibration calibration, int images)
    {
        yield return new Heading("Calibration");
        yield return new Paragraph(
            $"The expected calibration error (ECE) is {ReportFormat.Percent(calibration.Ece)}: so far, on average, the accuracy of the clean images differs from the confidence, the probability of the predicted class. "
            + $"{ReportFormat.Count(images)} images in {Calibration.BinCount} bins of equal width (Guo et al. 2017).");
        yield return new SvgFigure("calibration",
            "Accuracy against confidence on clean images, with 95 % intervals; a calibrated model is on the diagonal, an overconfident one below it.",
            ReliabilityChart.RenderSvg("Accuracy against confidence", calibration));
    }

    private static string[] Measures(ConfusionMatrix m, int k) => [Format(m.Precision(k)), Format(m.Recall(k)), Format(m.F1(k))];

    private static string Format(double? share) => share is { } s ? ReportFormat.Percent(s) : "";
}
