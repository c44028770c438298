using Arow.Training;

namespace Arow.Studies;

/// <summary>The runs of a study file: seeds, data sets, methods and the points of their grids.</summary>
/// <param name="Shared">A data set's name, empty for the only one, and the options that its runs share.</param>
/// <param name="All">All runs, in the order of the file.</param>
internal sealed record StudyRuns(IReadOnlyList<(string Name, TrainingOptions Options)> Shared, IReadOnlyList<StudyRun> All)
{
    /// <summary>Creates the runs; errors go to the list.</summary>
    public static StudyRuns Create(string path, StudyDraft draft, IEnumerable<(string Name, string Value)> overrides, List<string> problems)
    {
        var defaults = Put(new TrainingOptions(), [.. draft.Common, .. overrides], $"{path}: ");
        List<(string Name, TrainingOptions Options)> shared = draft.Datasets.Count == 0
            ? [("", defaults)]
            : [.. draft.Datasets.Select((d, i) =>
                (d.Name ?? "", Put(Put(new TrainingOptions(), draft.Common, ""), [.. d.Grid.Fixed, .. overrides],
                    $"{path}: data set {d.Name ?? $"{i + 1}"}: ")))];
        return new StudyRuns(shared, [.. draft.Seeds.SelectMany(seed => shared.SelectMany(d => draft.Methods.SelectMany(m => Runs(d, m, seed))))]);

        TrainingOptions Put(TrainingOptions options, IEnumerable<(string Name, string Value)> values, string where) =>
            values.Aggregate(options, (o, v) => RunFile.Apply(o, v.Name, v.Value, where, problems));

        IEnumerable<StudyRun> Runs((string Name, TrainingOptions Options) d, (string? Name, Grid Grid) m, long seed)
        {
            var where = $"{path}: method {m.Name}: ";
            var methodOptions = Put(d.Options, m.Grid.Fixed, where) with { Seed = seed };
            foreach (var point in m.Grid.Points)
            {
                var options = Put(methodOptions, point, where);
                var axes = point.Select(p => (p.Name, Value: CanonicalText(p.Name, options) ?? p.Value)).ToList();
                var name = string.Join('-',
                    ((string[])[Grid.Slug(d.Name), Grid.Slug(m.Name ?? ""), .. axes.Select(a => Grid.PathSegment(a.Name, a.Value)), $"seed{seed}"])
                    .Where(part => part.Length > 0));
                yield return new StudyRun(name, new StudyCell(Label(d), m.Name ?? "", string.Join(", ", axes.Select(a => $"{a.Name} {a.Value}"))),
                    axes, options);
            }
        }
    }

    /// <summary>Returns the study's name of a data set.</summary>
    public static string Label((string Name, TrainingOptions Options) d) => d.Name.Length > 0 ? d.Name : d.Options.Dataset ?? "";

    /// <summary>Returns the value as in run files, so that 6 and 6.0 are equal.</summary>
    private static string? CanonicalText(string name, TrainingOptions options) =>
        Settings.All.FirstOrDefault(s => s.Name == name)?.Get(options);
}
