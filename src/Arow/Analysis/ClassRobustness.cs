using Arow.Evaluation;
using Arow.Statistics;

namespace Arow.Analysis;

/// <summary>Accuracies of the classes and the confusion matrix under attack.</summary>
/// <param name="Classes">The classes in their order; those without images have N = 0.</param>
/// <param name="WorstClean">The class of the lowest clean accuracy.</param>
/// <param name="WorstRobust">The class of the lowest robust accuracy.</param>
/// <param name="CleanDeviation">Standard deviation (n − 1) of the classes' clean accuracies.</param>
/// <param name="RobustDeviation">Standard deviation (n − 1) of the classes' robust accuracies.</param>
/// <param name="Confusion">
/// [class][prediction], counts in the worst case found: <see cref="AttackedImage.Worst"/>. The diagonal counts robust images.
/// </param>
internal sealed record ClassRobustness(
    IReadOnlyList<ClassSummary> Classes, string WorstClean, string WorstRobust, double CleanDeviation, double RobustDeviation,
    IReadOnlyList<IReadOnlyList<int>> Confusion)
{
    /// <summary>Balanced clean accuracy; null if the classes are about equally frequent, or in files of older versions.</summary>
    public Estimate? BalancedClean { get; init; }

    /// <summary>Balanced robust accuracy; likewise.</summary>
    public Estimate? BalancedRobust { get; init; }

    /// <summary>Computes the accuracies and the confusion matrix.</summary>
    /// <param name="images">At least one.</param>
    /// <param name="names">Names of the classes.</param>
    public static ClassRobustness Compute(IReadOnlyList<AttackedImage> images, IReadOnlyList<string> names)
    {
        var confusions = images.CountBy(i => (i.Label, i.Worst)).ToDictionary();
        var classes = names.Select((name, k) => Class(name, [.. images.Where(i => i.Label == k)])).ToList();
        var present = classes.Where(c => c.N > 0).ToList();
        var needed = BalancedAccuracy.IsNeeded(classes.Select(c => c.N));
        return new ClassRobustness(
            classes,
            present.MinBy(c => c.CleanAccuracy)!.Name, present.MinBy(c => c.RobustAccuracy)!.Name,
            Confidence.MeanAndDeviation([.. present.Select(c => c.CleanAccuracy)]).Deviation,
            Confidence.MeanAndDeviation([.. present.Select(c => c.RobustAccuracy)]).Deviation,
            [.. names.Select((_, k) => (IReadOnlyList<int>)[.. names.Select((_, l) => confusions.GetValueOrDefault((k, l)))])])
        {
            BalancedClean = needed ? Balanced(images, i => i.IsCorrect) : null,
            BalancedRobust = needed ? Balanced(images, i => i.Robust) : null,
        };
    }

    private static Estimate Balanced(IReadOnlyList<AttackedImage> images, Func<AttackedImage, bool> right)
    {
        var found = BalancedAccuracy.Compute([.. images.GroupBy(i => i.Label).Select(g => (g.LongCount(right), g.LongCount()))]);
        return new Estimate(found.Value, [found.Interval.Low, found.Interval.High]);
    }

    private static ClassSummary Class(string name, List<AttackedImage> own) => own.Count == 0
        ? new ClassSummary(name, 0, 0, 0)
        : new ClassSummary(name, own.Count, (double)own.Count(i => i.IsCorrect) / own.Count, (double)own.Count(i => i.Robust) / own.Count);
}
