using System.Globalization;

namespace Arow.Evaluation.Checks;

/// <summary>A model right after its training that is no better than always predicting the most frequent class.</summary>
internal static class NotLearnt
{
    public const string Name = "not-learnt";

    /// <summary>Interprets the findings of the other checks, which know of classes of unequal size.</summary>
    /// <param name="rows">A row for each image.</param>
    /// <param name="findings">The findings of the model.</param>
    public static Finding? Find(IReadOnlyList<SampleResult> rows, IEnumerable<Finding> findings)
    {
        if (!findings.Any(finding => finding.Check is NearChance.Name or ConstantPrediction.Name)) return null;
        var most = rows.GroupBy(row => row.Label).Max(group => group.Count());
        return Finding.Warning(
            Name,
            string.Create(CultureInfo.InvariantCulture,
                $"The model has not learnt: clean accuracy {100.0 * rows.Count(r => r.Clean == r.Label) / rows.Count:f1} % on {rows.Count} test "
                    + $"images, where always answering the most frequent class gives {100.0 * most / rows.Count:f1} %."),
            "More epochs, smaller batches or another learning rate may help.", []);
    }
}
