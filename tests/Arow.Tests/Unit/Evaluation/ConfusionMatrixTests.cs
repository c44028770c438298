namespace Arow.Tests.Unit.Evaluation;

/// <summary>
/// Against numbers of scikit-learn 1.2.1: confusion_matrix, precision_recall_fscore_support (zero_division=0),
/// balanced_accuracy_score and calibration_curve (n_bins=15), on drawn classes, predictions and confidences.
/// </summary>
public sealed class ConfusionMatrixTests
{
    // Class 3 has images and is never predicted, class 4 is predicted and has none.
    private const string Labels = "000110111322030020323010022002311002101331010101030001030113";
    private const string Predictions = "401110121022041020422010222002112402101041010101440401220211";

    // The first three are edges of bins.
    private static readonly double[] Confidences =
    [
        0.4, 0.6, 1.0, 0.43, 0.87, 0.683, 0.416, 0.564, 0.481, 0.686, 0.323, 0.295, 0.649, 0.521, 0.311, 0.906, 0.707, 0.564, 0.566, 0.669, 0.505,
        0.685, 0.32, 0.748, 0.735, 0.787, 0.955, 0.338, 0.466, 0.543, 0.587, 0.353, 0.78, 0.968, 0.363, 0.614, 0.461, 0.527, 0.344, 0.592, 0.549,
        0.726, 0.989, 0.505, 0.675, 0.523, 0.406, 0.439, 0.342, 0.61, 0.327, 0.872, 0.404, 0.768, 0.984, 0.639, 0.417, 0.727, 0.855, 0.4,
    ];

    /// <summary>Printed with twelve digits, or from sums of at most sixty numbers below one.</summary>
    private const double Rounding = 1e-11;

    [Fact]
    public void Counts_and_measures_are_those_of_scikit_learn()
    {
        var matrix = ConfusionMatrix.Count(Labels.Zip(Predictions, (y, p) => ((long)(y - '0'), (long)(p - '0'))), classes: 4);
        int[][] counts = [[17, 2, 2, 0, 4], [0, 14, 3, 0, 0], [0, 0, 8, 0, 0], [2, 2, 2, 0, 4], [0, 0, 0, 0, 0]];
        Assert.Equal(counts, matrix.Counts);
        Assert.Equal((60, 39), (matrix.Total, matrix.Correct));
        AssertEqual([0.894736842105, 0.777777777778, 0.533333333333, null, 0], matrix.Precision);
        AssertEqual([0.68, 0.823529411765, 1, 0, null], matrix.Recall);
        AssertEqual([0.772727272727, 0.8, 0.695652173913, 0, 0], matrix.F1);
        Assert.Equal(0.4411695906432748, matrix.MacroPrecision, Rounding);
        Assert.Equal(0.5007058823529411, matrix.MacroRecall, Rounding);
        Assert.Equal(0.45367588932806324, matrix.MacroF1, Rounding);
        Assert.Equal(0.6258823529411764, matrix.BalancedAccuracy, Rounding);

        static void AssertEqual(double?[] expected, Func<int, double?> measure)
        {
            foreach (var (k, value) in expected.Index())
            {
                if (value is { } v) Assert.Equal(v, measure(k)!.Value, Rounding);
                else Assert.Null(measure(k));
            }
        }
    }

    [Fact]
    public void Calibration_is_that_of_scikit_learn()
    {
        var found = Calibration.Compute([.. Confidences.Select((c, i) => (c, Labels[i] == Predictions[i]))])!;
        Assert.Equal([5, 7, 8, 6, 8, 4, 8, 5, 1, 3, 5], found.Bins.Select(b => b.N));
        double[] accuracies = [0.8, 4 / 7.0, 1, 2 / 3.0, 0.375, 0.5, 0.75, 0.6, 1, 2 / 3.0, 0.4];
        Assert.All(found.Bins.Zip(accuracies), b => Assert.Equal(b.Second, b.First.Accuracy, Rounding));
        double[] confidences =
            [0.3152, 0.3628571428571429, 0.429875, 0.5103333333333334, 0.570625, 0.628, 0.69475, 0.7636, 0.855, 0.8826666666666667, 0.9792];
        Assert.All(found.Bins.Zip(confidences), b => Assert.Equal(b.Second, b.First.Confidence, Rounding));
        Assert.Equal(0.2734833333333333, found.Ece, Rounding);
    }

    [Fact]
    public void A_confidence_that_is_no_number_has_no_calibration() => Assert.Null(Calibration.Compute([(0.5, true), (double.NaN, false)]));
}
