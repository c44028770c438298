namespace Arow.Evaluation;

/// <summary>A confusion matrix with the measures that follow from it, defined as in scikit-learn.</summary>
/// <param name="Counts">[class][prediction], images; square.</param>
internal sealed record ConfusionMatrix(IReadOnlyList<IReadOnlyList<int>> Counts)
{
    /// <summary>The number of classes.</summary>
    public int Size => Counts.Count;

    /// <summary>The number of images.</summary>
    public int Total => Counts.Sum(row => row.Sum());

    /// <summary>The number of correctly classified images.</summary>
    public int Correct => Counts.Select((row, k) => row[k]).Sum();

    /// <summary>Unweighted mean of the precision over the classes that have images or predictions; 0 where it is undefined.</summary>
    public double MacroPrecision => Mean(Precision);

    /// <summary>Unweighted mean of the recall over the classes that have images or predictions; 0 where it is undefined.</summary>
    public double MacroRecall => Mean(Recall);

    /// <summary>Unweighted mean of F1 over the classes that have images or predictions.</summary>
    public double MacroF1 => Mean(F1);

    /// <summary>Unweighted mean of the recall over the classes that have images.</summary>
    public double BalancedAccuracy => Enumerable.Range(0, Size).Select(Recall).OfType<double>().Average();

    /// <summary>Counts pairs of a class and a prediction.</summary>
    /// <param name="pairs">At least one; numbers from 0.</param>
    /// <param name="classes">The number of classes, or more if there are larger numbers.</param>
    public static ConfusionMatrix Count(IEnumerable<(long Label, long Predicted)> pairs, int classes)
    {
        var counted = pairs.CountBy(p => p).ToDictionary();
        var size = (int)Math.Max(classes, counted.Keys.Max(p => Math.Max(p.Label, p.Predicted)) + 1);
        return new([.. Enumerable.Range(0, size).Select(k =>
            (IReadOnlyList<int>)[.. Enumerable.Range(0, size).Select(l => counted.GetValueOrDefault((k, l)))])]);
    }

    /// <summary>The number of images of a class.</summary>
    public int ImagesOf(int k) => Counts[k].Sum();

    /// <summary>The number of images that are predicted as a class.</summary>
    public int PredictedAs(int k) => Counts.Sum(row => row[k]);

    /// <summary>Share of the predictions of a class that are correct; null if it is never predicted.</summary>
    public double? Precision(int k) => Ratio(Counts[k][k], PredictedAs(k));

    /// <summary>Share of the images of a class that are classified correctly; null if it has none.</summary>
    public double? Recall(int k) => Ratio(Counts[k][k], ImagesOf(k));

    /// <summary>Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN); null if the class has neither images nor predictions.</summary>
    public double? F1(int k) => Ratio(2 * Counts[k][k], ImagesOf(k) + PredictedAs(k));

    private double Mean(Func<int, double?> measure) =>
        Enumerable.Range(0, Size).Where(k => ImagesOf(k) + PredictedAs(k) > 0).Average(k => measure(k) ?? 0);

    private static double? Ratio(int part, int whole) => whole == 0 ? null : (double)part / whole;
}
