using Arow.Statistics;
using Arow.Studies;

namespace Arow.Reports;

/// <summary>Report section on one data set of a study.</summary>
/// <param name="Blocks">Blocks of the report.</param>
/// <param name="Tables">All tables.</param>
/// <param name="Headlines">Methods in their selected settings, and the reference against the others over seeds.</param>
internal sealed record StudySection(IReadOnlyList<IBlock> Blocks, IReadOnlyList<StudyTable> Tables, IReadOnlyList<Table> Headlines)
{
    public static StudySection Create(StudyResults results, string dataset, bool isOnly)
    {
        var (study, headline) = (results.Study, results.Study.Headline);
        var suffix = isOnly ? "" : $"-{Grid.Slug(dataset)}";
        var onDataset = isOnly ? "" : $" on {dataset}";
        var methods = StudyTables.Methods(results, dataset, suffix);
        var overSeeds = StudyTables.AgainstReference(results, dataset);
        var seeds = StudyTables.OverSeeds($"seeds{suffix}", overSeeds);
        var settings = StudyTables.Settings(results, dataset, suffix);
        var attacks = StudyTables.Attacks(results, dataset, suffix);
        var equal = StudyTables.EqualClean(results, dataset, suffix);
        var smoothing = StudyTables.Smoothing(results, dataset, suffix);
        var changes = StudyTables.Changes(results, dataset, suffix);
        var together = StudyTables.CombinedChanges(results, dataset, suffix);
        var times = StudyTime.CreateAll(results, dataset);
        var time = StudyTime.CreateTable(times, suffix);
        var thirds = StudyThirds.CreateTable(StudyThirds.CreateAll(results, dataset), suffix);
        var pairs = study.Evaluations.Select(e => (Evaluation: e, Table: StudyTables.Pairs(results, dataset, e, suffix)))
            .Where(p => p.Table.Json.Count > 0).ToList();

        IBlock[] blocks =
        [
            new Heading($"Methods{onDataset}"),
            new Paragraph(StudyText.Methods(results, dataset)),
            methods.Display,
            .. Bars(results, dataset, onDataset, suffix),
            .. pairs.Count == 0 ? []
                : (IBlock[])[new Heading($"{study.Reference} against the others{onDataset}"), new Paragraph(StudyText.Pairs(study))],
            .. pairs.SelectMany(p =>
                (IBlock[])[new Paragraph(p.Evaluation.Attacks.Count == 0 ? $"{p.Evaluation.Name}, without an attack:"
                    : $"Robust under {p.Evaluation.Name}:"), p.Table.Display]),
            .. OptionalSection($"{study.Reference} against the others over seeds{onDataset}", StudyText.Seeds, seeds),
            .. OptionalSection($"Where the lead of {study.Reference} lies{onDataset}", StudyThirds.Describe(study), thirds),
            new Heading($"Selection of the settings{onDataset}"),
            new Paragraph(StudyText.Choices(results, dataset)),
            settings.Display,
            .. TradeOff(results, dataset, onDataset, suffix),
            .. StudyTime.CreateBlocks(study, times, time, onDataset, suffix),
            .. OptionalSection($"{study.Reference} at equal clean accuracy{onDataset}", StudyText.EqualClean(study, headline), equal),
            .. OptionalSection($"With and without label smoothing{onDataset}", StudyText.Smoothing, smoothing),
            .. OptionalSection($"Effect of one change{onDataset}", StudyText.Changes, changes),
            .. OptionalSection($"Two changes together{onDataset}", StudyText.Together, together),
            .. OptionalSection($"Attack by attack{onDataset}", StudyText.Attacks, attacks),
        ];
        return new StudySection(blocks,
            [methods, .. pairs.Select(p => p.Table), seeds, thirds, settings, time, equal, smoothing, changes, together, attacks],
            overSeeds.Where(s => s.Endpoint.Evaluation == headline).GroupBy(s => s.Endpoint.Metric).LastOrDefault() is { } main
                ? [methods.Display, StudyTables.Summary([.. main])] : [methods.Display]);
    }

    private static IEnumerable<IBlock> OptionalSection(string heading, string words, StudyTable table) => table.Json.Count == 0 ? [] :
        [new Heading(heading), new Paragraph(words), table.Display];

    private static IEnumerable<IBlock> Bars(StudyResults results, string dataset, string on, string suffix)
    {
        var headline = results.Study.Headline;
        var attacked = headline.Attacks.Count > 0;
        var groups = results.Study.Methods
            .Select(m => (Method: m, results.GetChosenSetting(dataset, m).Cell)).Where(m => m.Cell is not null)
            .Select(m => (m.Method, Clean: results.Clean(m.Cell!, headline), Robust: results.Robust(m.Cell!, headline)))
            .Where(m => m.Clean is not null)
            .Select(m => new BarGroup(m.Method, attacked ? [Measured(m.Clean!), Measured(m.Robust!)] : [Measured(m.Clean!)])).ToList();
        if (groups.Count == 0) yield break;
        yield return new SvgFigure($"methods{suffix}",
            $"Clean accuracy{(attacked ? $" and robust accuracy ({headline.Name})" : "")}{on}: means over seeds, with one standard deviation to "
                + "either side.",
            BarChart.RenderSvg($"Accuracy{on}", attacked ? ["clean", "robust"] : ["clean"], groups));

        static ShareEstimate Measured(SeedSpread s) => new(s.Mean, s.ToShareBar());
    }

    private static IEnumerable<IBlock> TradeOff(StudyResults results, string dataset, string on, string suffix)
    {
        var headline = results.Study.Headline;
        var curves = StudyCurve.CreateAll(results, dataset);
        if (curves.Count == 0) yield break;
        yield return new Heading($"The trade-off of clean against robust accuracy{on}");
        yield return new Paragraph(StudyText.TradeOff(results, dataset));
        var front = StudyCurve.FindFront(curves);
        yield return new SvgFigure($"trade-off{suffix}",
            $"Means over seeds ({headline.Name}), with one standard deviation to either side; numbers are λ where there is room, filled marks are "
                + "the settings selected by validation, dashes connect the Pareto front.",
            TradeOffChart.RenderSvg($"Clean against robust accuracy{on}", [.. curves.Select(c => c.Series)],
                [.. front.Select(p => (p.Clean.Mean, p.Robust.Mean))]));
    }
}
