using Arow.Evaluation;
using Arow.Statistics;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>
/// The reference's lead over another method on one data set, beside the generalization gap there: what a study over numbers of
/// training images asks.
/// </summary>
/// <param name="Dataset">The data set.</param>
/// <param name="Other">The other method.</param>
/// <param name="Gap">Robust accuracy on training images minus that on test images, of the study's first method that is not the reference.</param>
/// <param name="Lead">Robust accuracy of the reference minus the other's, over seeds.</param>
internal sealed record StudyGap(string Dataset, string Other, SeedSpread Gap, SeedComparison Lead)
{
    /// <summary>Returns the leads on all data sets; none if the study has one data set, or no evaluation attacks training images.</summary>
    public static IReadOnlyList<StudyGap> CreateAll(StudyResults results)
    {
        var study = results.Study;
        if (study.Datasets.Count < 2 || study.Headline.Attacks.Count == 0 || GapEvaluation(study) is not { } onTraining) return [];
        var others = study.Methods.Where(m => m != study.Reference).ToList();
        return
        [
            .. from dataset in study.Datasets
               let gap = others.Count > 0 && results.GetChosenSetting(dataset, others[0]).Cell is { } cell ? results.Gap(cell, onTraining) : null
               where gap is not null
               from other in others
               let lead = results.Compare(
                   new Endpoint(study.Reference, [other], Accuracy.Robust, study.Headline, dataset, study.Margin), other)
               where lead is not null
               select new StudyGap(dataset, other, gap, lead),
        ];
    }

    /// <summary>Returns the diagram and its table.</summary>
    public static IReadOnlyList<IBlock> CreateBlocks(Study study, IReadOnlyList<StudyGap> leads, StudyTable table) => leads.Count == 0 ? [] :
    [
        new Heading($"{study.Reference} against the others, by the generalization gap"),
        new Paragraph($"Lead: robust accuracy ({study.Headline.Name}) of {study.Reference} minus the other's, mean over seeds with the 95 % interval of "
            + $"Student's t. Gap: robust accuracy on training images minus that on test images ({GapEvaluation(study)!.Name}) of "
            + $"{study.Methods.First(m => m != study.Reference)}, mean over seeds with one standard deviation to either side. In points."),
        new SvgFigure("gap", "The lead against the gap; a point for each data set.", ScatterChart.RenderSvg(
            $"Lead of {study.Reference} against the generalization gap",
            new ScatterAxis("generalization gap, points", Points), new ScatterAxis($"lead of {study.Reference}, points", Points),
            [.. leads.GroupBy(l => l.Other).Select(g => new ScatterSeries($"over {g.Key}", [.. g.OrderBy(l => l.Gap.Mean).Select(ToPoint)]))],
            [(leads.Min(l => l.Gap.Mean), 0), (leads.Max(l => l.Gap.Mean), 0)])),
        table.Display,
    ];

    /// <summary>Creates the table of the leads.</summary>
    public static StudyTable CreateTable(IReadOnlyList<StudyGap> leads) => StudyTable.Create("gap", leads,
    [
        new("data set", "dataset", l => l.Dataset),
        new("gap", "gap", l => l.Gap.Mean, l => StudyText.FormatPoints(l.Gap)),
        new("", "gap_deviation", l => l.Gap.Deviation),
        new("minus …", "other", l => l.Other),
        .. StudyTables.LeadColumns<StudyGap>(l => l.Lead),
    ], numbers: false);

    private static StudyEvaluation? GapEvaluation(Study study) =>
        study.Evaluations.FirstOrDefault(e => e.TrainingImages is not null && e.Attacks.Count > 0);

    private static ScatterPoint ToPoint(StudyGap l) => new(
        l.Gap.Mean, l.Lead.Difference,
        l.Gap.ToBar(), l.Lead.DifferenceInterval, l.Dataset, Filled: true,
        $"{l.Dataset}, over {l.Other}: gap {StudyText.FormatPoints(l.Gap)}, lead {StudyText.FormatPoints(l.Lead.Difference)}"
            + (l.Lead.DifferenceInterval is { } i ? $" ({StudyText.FormatPoints(i)})" : ""));

    private static string Points(double share, int decimals) =>
        (100 * share).ToString($"F{decimals}", System.Globalization.CultureInfo.InvariantCulture);
}
