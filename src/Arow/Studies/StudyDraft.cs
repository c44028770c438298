using System.Globalization;
using Arow.Evaluation;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>What a study file says, before it is known whether it makes a study.</summary>
/// <param name="Title">Of the report.</param>
/// <param name="Common">Settings of all runs.</param>
/// <param name="Seeds">Each once, at least one.</param>
/// <param name="Datasets">Names and settings; none where the common settings say the data set.</param>
/// <param name="Methods">Names and grids.</param>
/// <param name="Evaluations">At least one.</param>
/// <param name="Reference">The method that others are held against; null for the usual one.</param>
/// <param name="Margin">Of differences that are called none.</param>
/// <param name="Primary">Endpoints.</param>
/// <param name="Secondary">Endpoints.</param>
internal sealed record StudyDraft(
    string Title, IReadOnlyList<(string Name, string Value)> Common, IReadOnlyList<long> Seeds, IReadOnlyList<(string? Name, Grid Grid)> Datasets,
    IReadOnlyList<(string? Name, Grid Grid)> Methods, IReadOnlyList<StudyEvaluation> Evaluations, string? Reference, double Margin,
    IReadOnlyList<Fields> Primary, IReadOnlyList<Fields> Secondary)
{
    private const int Told = 20;

    /// <summary>Runs of a study: every one is checked before the first begins, and has a folder and a row of every table.</summary>
    private const int MostRuns = 5000;

    /// <summary>Reads a study file; faults go to the list of the fields.</summary>
    /// <exception cref="InputException">It comes to more runs than a study may have.</exception>
    public static StudyDraft Read(Fields root)
    {
        var title = root.Word("title") ?? Path.GetFileNameWithoutExtension(root.Where);
        var common = Settings(root);
        var seeds = ReadSeeds(root);
        var datasets = Objects(root, "datasets", fields => Dataset(fields, common));
        var methods = Objects(root, "methods", Method);
        CheckCount(root.Where, seeds.Count, datasets.Count, methods);
        var evaluations = ReadEvaluations(root, seeds);
        var draft = new StudyDraft(
            title, common, seeds, datasets, methods, evaluations, root.Word("reference"), EndpointReader.Margin(root) ?? Endpoint.UsualMargin,
            Objects(root, "primary", f => f), Objects(root, "secondary", f => f));
        root.Find("$schema");
        root.RefuseRest();
        return draft;
    }

    // A short file can stand for more runs than there is memory: they are counted before they are made.
    private static void CheckCount(string path, int seeds, int datasets, List<(string? Name, Grid Grid)> methods)
    {
        var (sets, settings) = (Math.Max(1, datasets), Math.Max(1, methods.Sum(m => m.Grid.Count)));
        if (seeds * sets * settings is var count && count <= MostRuns) return;
        throw new InputException(string.Create(CultureInfo.InvariantCulture,
            $"{path}: comes to {count:#,0} runs ({settings:#,0} settings of methods, {seeds:#,0} seeds, {sets:#,0} data sets), and a study has at most {MostRuns}; give its axes fewer values, or make several studies of it"));
    }

    private static (string? Name, Grid Grid) Dataset(Fields fields, IReadOnlyList<(string Name, string Value)> common)
    {
        var (name, grid) = (fields.Word("name"), Grid.Read(fields, axes: false));
        return (name ?? Value(grid.Fixed, "dataset") ?? Value(common, "dataset"), grid);
    }

    private static (string? Name, Grid Grid) Method(Fields fields)
    {
        var (name, parts) = (fields.Word("name"), Objects(fields, "grids", part => Grid.Read(part, axes: true, named: true)));
        var grid = Grid.Read(fields, axes: true) with { Parts = parts };
        foreach (var twice in grid.Axes.Select(a => a.Name).Intersect(parts.SelectMany(p => p.Axes).Select(a => a.Name)))
            fields.Problems.Add($"{fields.Where}: {twice} is varied here and in 'grids'");
        return (name ?? Value(grid.Fixed, "objective"), grid);
    }

    private static string? Value(IReadOnlyList<(string Name, string Value)> settings, string name) =>
        settings.LastOrDefault(f => f.Name == name) is { Value: { } value } ? value : null;

    private static IReadOnlyList<(string Name, string Value)> Settings(Fields root) =>
        root.Find("settings") is { } value && Fields.Of($"{root.Where}: settings", value, root.Problems) is { } fields
            ? Grid.Read(fields, axes: false).Fixed
            : [];

    private static List<long> ReadSeeds(Fields root)
    {
        var (seeds, known) = (new List<long>(), new HashSet<long>());
        foreach (var value in root.List("seeds") ?? [])
        {
            if (!int.TryParse(RunFile.Text(value), CultureInfo.InvariantCulture, out var seed)) root.Problems.Add($"{root.Where}: seeds: '{RunFile.Text(value)}' is not a whole number");
            else if (known.Add(seed)) seeds.Add(seed);
            else root.Problems.Add($"{root.Where}: seeds: {seed} is said twice");
        }
        return root.Find("seeds") is null ? [0] : seeds.Count > 0 ? seeds : Missing();

        List<long> Missing()
        {
            root.Problems.Add($"{root.Where}: seeds: there is none");
            return [0];
        }
    }

    private static List<T> Objects<T>(Fields parent, string name, Func<Fields, T> read)
    {
        var items = new List<T>();
        foreach (var (i, value) in (parent.List(name) ?? []).Index())
        {
            if (Fields.Of($"{parent.Where}: {name} {i + 1}", value, parent.Problems) is { } fields) items.Add(read(fields));
        }
        return items;
    }

    private static List<StudyEvaluation> ReadEvaluations(Fields root, IReadOnlyList<long> seeds)
    {
        if (root.List("evaluations") is not { Count: > 0 } list) return [new StudyEvaluation("pgd20", new())];
        var evaluations = new List<StudyEvaluation>();
        foreach (var (i, value) in list.Index())
        {
            if (Fields.Of($"{root.Where}: evaluations {i + 1}", value, root.Problems) is { } fields) evaluations.Add(Evaluation(fields, seeds));
        }
        foreach (var twice in evaluations.CountBy(e => Grid.Slug(e.Name)).Where(e => e.Value > 1))
            root.Problems.Add($"{root.Where}: {twice.Value} evaluations are called {twice.Key}");
        if (evaluations.Count > 0 && evaluations.All(e => e.OfChosen))
            root.Problems.Add($"{root.Where}: evaluations: one has to be of all settings, to draw curves from");
        return evaluations;
    }

    private static StudyEvaluation Evaluation(Fields fields, IReadOnlyList<long> seeds)
    {
        var problems = fields.Problems;
        var asked = fields.List("attacks")?.Select(RunFile.Text).ToList();
        if (asked is null or []) Fault($"'attacks' is missing: clean, or one or more of {Catalog.Names(Catalog.Attacks)}");
        var options = new EvaluationOptions { Attacks = [] };
        foreach (var setting in EvaluationSettings.InStudies)
        {
            if (fields.Find(setting.Name) is { } value && (setting.Name != "attacks" || asked is { Count: > 0 }))
                options = EvaluationSettings.InStudies.Put(options, setting.Name, RunFile.Text(value), $"{fields.Where}: ", problems);
            Fault(setting.Fault(options));
        }
        foreach (var problem in options.Problems()) Fault(problem);
        KeptWeights? weights = null;
        if (fields.Word("weights") is { } w && (weights = NamedValue.Parse<KeptWeights>(w)) is null) Fault($"weights '{w}' is unknown; known are {string.Join(' ', NamedValue.Known<KeptWeights>())}");
        var of = fields.Word("of") ?? "all";
        if (of is not ("all" or "chosen")) Fault($"of '{of}' is unknown; known are all chosen");
        List<long>? some = null;
        var known = seeds.ToHashSet();
        foreach (var value in fields.List("seeds") ?? [])
        {
            if (int.TryParse(RunFile.Text(value), CultureInfo.InvariantCulture, out var seed) && known.Contains(seed)) (some ??= []).Add(seed);
            else Fault($"seeds: {RunFile.Text(value)} is none of the study's: {string.Join(' ', seeds.Take(Told))}{(seeds.Count > Told ? " ..." : "")}");
        }
        var evaluation = new StudyEvaluation(fields.Word("name") ?? string.Join('+', asked ?? []), options)
        {
            Norm = fields.Find("norm") is null ? null : options.Threat.Norm, Epsilon = fields.Find("epsilon") is null ? null : options.Threat.Size, OfChosen = of == "chosen", Seeds = some,
            Weights = weights, TrainingImages = fields.Whole("training-images", 1),
        };
        if (Grid.Slug(evaluation.Name).Length == 0 && asked is { Count: > 0 }) Fault($"name '{evaluation.Name}' has no letter or digit to name a folder by");
        fields.RefuseRest();
        return evaluation;

        void Fault(string? problem)
        {
            if (problem is not null) problems.Add($"{fields.Where}: {problem}");
        }
    }
}
