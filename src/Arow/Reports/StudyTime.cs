using System.Globalization;
using Arow.Statistics;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>What processor time buys: the time that the trainings of a setting took, and the accuracies that they reached.</summary>
/// <param name="Cell">The setting.</param>
/// <param name="Seconds">Processor seconds of a training, over seeds.</param>
/// <param name="Clean">Clean accuracy on test images, over seeds.</param>
/// <param name="Robust">Robust accuracy under the headline evaluation, over seeds.</param>
internal sealed record StudyTime(StudyCell Cell, SeedSpread Seconds, SeedSpread Clean, SeedSpread Robust)
{
    /// <summary>
    /// Returns the settings that are evaluated, by method and time; none where the headline has no attack, or logs have no processor time.
    /// </summary>
    public static IReadOnlyList<StudyTime> CreateAll(StudyResults results, string dataset)
    {
        var (study, headline) = (results.Study, results.Study.Headline);
        if (headline.Attacks.Count == 0) return [];
        return
        [
            .. from method in study.Methods
               from time in
                   from cell in study.Cells(dataset, method)
                   let seconds = results.ComputeSpread(cell, r => r.ProcessorSeconds)
                   let clean = results.Clean(cell, headline)
                   where seconds is not null && clean is not null
                   orderby seconds.Mean
                   select new StudyTime(cell, seconds, clean, results.Robust(cell, headline)!)
               select time,
        ];
    }

    /// <summary>Creates the table, a row for each setting.</summary>
    public static StudyTable CreateTable(IReadOnlyList<StudyTime> times, string suffix) => StudyTable.Create($"time{suffix}", times,
    [
        new("method", "method", t => t.Cell.Method),
        new("setting", "setting", t => t.Cell.Setting),
        new("processor s", "processor_seconds", t => t.Seconds.Mean, t => FormatSeconds(t.Seconds)),
        new("", "processor_seconds_deviation", t => t.Seconds.Deviation),
        .. StudyTables.SpreadColumns<StudyTime>("clean", "clean", t => t.Clean),
        .. StudyTables.SpreadColumns<StudyTime>("robust", "robust", t => t.Robust),
    ]);

    /// <summary>Returns the diagram and its table.</summary>
    public static IReadOnlyList<IBlock> CreateBlocks(Study study, IReadOnlyList<StudyTime> times, StudyTable table, string on, string suffix) =>
        times.Count == 0 ? [] :
    [
        new Heading($"Accuracy and the processor time of training{on}"),
        new Paragraph("Seconds of all threads, summed over the epochs with their validation (log.jsonl), means over seeds; robust accuracy under "
            + $"{study.Headline.Name}. On a machine that is shared with other work the same training takes more of them."),
        new SvgFigure($"time{suffix}",
            "Means over seeds, with one standard deviation to either side; settings of a method are connected by ascending time.",
            ScatterChart.RenderSvg($"Robust accuracy against the processor time of training{on}",
                new ScatterAxis("processor time of a training, s", (seconds, _) => seconds.ToString("N0", CultureInfo.InvariantCulture)),
                new ScatterAxis("robust accuracy", ReportFormat.Percent),
                [.. times.GroupBy(t => t.Cell.Method).Select(g => new ScatterSeries(g.Key, [.. g.Select(ToPoint)]))], [])),
        table.Display,
    ];

    private static ScatterPoint ToPoint(StudyTime t) => new(
        t.Seconds.Mean, t.Robust.Mean, t.Seconds.ToBar(), t.Robust.ToBar(), "", Filled: true,
        $"{t.Cell.Title}: {FormatSeconds(t.Seconds)} s, robust {StudyText.FormatPoints(t.Robust)}");

    private static string FormatSeconds(SeedSpread s) => s.Deviation is { } d
        ? string.Create(CultureInfo.InvariantCulture, $"{s.Mean:N0} ± {d:N0}") : s.Mean.ToString("N0", CultureInfo.InvariantCulture);
}
