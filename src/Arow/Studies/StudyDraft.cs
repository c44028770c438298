using System.Globalization;
using Arow.Evaluation;
using Arow.Options;
using Arow.Registry;
using Arow.Training;

namespace Arow.Studies;

/// <summary>The content of a study file before validation.</summary>
/// <param name="Title">The title of the report.</param>
/// <param name="Common">Settings of all runs.</param>
/// <param name="Seeds">Distinct seeds, at least one.</param>
/// <param name="Datasets">Names and settings; none if the common settings contain the data set.</param>
/// <param name="Methods">Names and grids.</param>
/// <param name="Evaluations">At least one.</param>
/// <param name="Reference">The method that others are compared with; null for the default.</param>
/// <param name="Margin">The equivalence margin.</param>
/// <param name="Primary">Endpoints.</param>
/// <param name="Secondary">Endpoints.</param>
internal sealed record StudyDraft(
    string Title, IReadOnlyList<(string Name, string Value)> Common, IReadOnlyList<long> Seeds, IReadOnlyList<(string? Name, Grid Grid)> Datasets,
    IReadOnlyList<(string? Name, Grid Grid)> Methods, IReadOnlyList<StudyEvaluation> Evaluations, string? Reference, double Margin,
    IReadOnlyList<JsonFields> Primary, IReadOnlyList<JsonFields> Secondary)
{
    private const int MaximumListed = 20;

    /// <summary>The maximum number of runs: each is validated before the first starts, and has a folder and a row in every table.</summary>
    private const int MaximumRuns = 5000;

    /// <summary>Reads a study file; errors go to the list of the fields.</summary>
    /// <exception cref="InputException">It has too many runs.</exception>
    public static StudyDraft Read(JsonFields root)
    {
        var title = root.GetText("title") ?? Path.GetFileNameWithoutExtension(root.Where);
        var common = Settings(root);
        var seeds = ReadSeeds(root);
        var datasets = Objects(root, "datasets", fields => Dataset(fields, common));
        var methods = Objects(root, "methods", Method);
        CheckCount(root.Where, seeds.Count, datasets.Count, methods);
        var evaluations = ReadEvaluations(root, seeds);
        var draft = new StudyDraft(
            title, common, seeds, datasets, methods, evaluations, root.GetText("reference"), EndpointReader.Margin(root) ?? Endpoint.DefaultMargin,
            Objects(root, "primary", f => f), Objects(root, "secondary", f => f));
        root.Get("$schema");
        root.ReportUnknown();
        return draft;
    }

    // A short file can describe more runs than fit into memory: they are counted before they are created.
    private static void CheckCount(string path, int seeds, int datasets, List<(string? Name, Grid Grid)> methods)
    {
        var (sets, settings) = (Math.Max(1, datasets), Math.Max(1, methods.Sum(m => m.Grid.Count)));
        if (seeds * sets * settings is var count && count <= MaximumRuns) return;
        throw new InputException(string.Create(CultureInfo.InvariantCulture,
            $"{path}: has {count:#,0} runs ({settings:#,0} settings of methods, {seeds:#,0} seeds, {sets:#,0} data sets); the maximum is "
                + $"{MaximumRuns}; give its axes fewer values, or split the study"));
    }

    private static (string? Name, Grid Grid) Dataset(JsonFields fields, IReadOnlyList<(string Name, string Value)> common)
    {
        var (name, grid) = (fields.GetText("name"), Grid.Read(fields, axes: false));
        return (name ?? FindSetting(grid.Fixed, "dataset") ?? FindSetting(common, "dataset"), grid);
    }

    private static (string? Name, Grid Grid) Method(JsonFields fields)
    {
        var (name, parts) = (fields.GetText("name"), Objects(fields, "grids", part => Grid.Read(part, axes: true, named: true)));
        var grid = Grid.Read(fields, axes: true) with { Parts = parts };
        foreach (var duplicate in grid.Axes.Select(a => a.Name).Intersect(parts.SelectMany(p => p.Axes).Select(a => a.Name)))
            fields.Problems.Add($"{fields.Where}: {duplicate} is varied here and in 'grids'");
        return (name ?? FindSetting(grid.Fixed, "objective"), grid);
    }

    private static string? FindSetting(IReadOnlyList<(string Name, string Value)> settings, string name) =>
        settings.LastOrDefault(f => f.Name == name) is { Value: { } value } ? value : null;

    private static IReadOnlyList<(string Name, string Value)> Settings(JsonFields root) =>
        root.Get("settings") is { } value && JsonFields.Create($"{root.Where}: settings", value, root.Problems) is { } fields
            ? Grid.Read(fields, axes: false).Fixed
            : [];

    private static List<long> ReadSeeds(JsonFields root)
    {
        var (seeds, known) = (new List<long>(), new HashSet<long>());
        foreach (var value in root.GetList("seeds") ?? [])
        {
            if (!int.TryParse(RunFile.ToText(value), CultureInfo.InvariantCulture, out var seed)) root.Problems.Add(
                $"{root.Where}: seeds: '{RunFile.ToText(value)}' is not an integer");
            else if (known.Add(seed)) seeds.Add(seed);
            else root.Problems.Add($"{root.Where}: seeds: duplicate {seed}");
        }
        return root.Get("seeds") is null ? [0] : seeds.Count > 0 ? seeds : Missing();

        List<long> Missing()
        {
            root.Problems.Add($"{root.Where}: seeds: the list is empty");
            return [0];
        }
    }

    private static List<T> Objects<T>(JsonFields parent, string name, Func<JsonFields, T> read)
    {
        var items = new List<T>();
        foreach (var (i, value) in (parent.GetList(name) ?? []).Index())
        {
            if (JsonFields.Create($"{parent.Where}: {name} {i + 1}", value, parent.Problems) is { } fields) items.Add(read(fields));
        }
        return items;
    }

    private static List<StudyEvaluation> ReadEvaluations(JsonFields root, IReadOnlyList<long> seeds)
    {
        if (root.GetList("evaluations") is not { Count: > 0 } list) return [new StudyEvaluation("pgd20", new())];
        var evaluations = new List<StudyEvaluation>();
        foreach (var (i, value) in list.Index())
        {
            if (JsonFields.Create($"{root.Where}: evaluations {i + 1}", value, root.Problems) is { } fields) evaluations.Add(
                Evaluation(fields, seeds));
        }
        foreach (var duplicate in evaluations.CountBy(e => Grid.Slug(e.Name)).Where(e => e.Value > 1))
            root.Problems.Add($"{root.Where}: {duplicate.Value} evaluations have the name {duplicate.Key}");
        if (evaluations.Count > 0 && evaluations.All(e => e.ChosenOnly))
            root.Problems.Add($"{root.Where}: evaluations: at least one must cover all settings, for curves");
        return evaluations;
    }

    private static StudyEvaluation Evaluation(JsonFields fields, IReadOnlyList<long> seeds)
    {
        var problems = fields.Problems;
        var attacks = fields.GetList("attacks")?.Select(RunFile.ToText).ToList();
        if (attacks is null or []) AddError($"'attacks' is missing: clean, or one or more of {Catalog.Names(Catalog.Attacks)}");
        var options = new EvaluationOptions { Attacks = [] };
        foreach (var setting in EvaluationSettings.InStudies)
        {
            if (fields.Get(setting.Name) is { } value && (setting.Name != "attacks" || attacks is { Count: > 0 }))
                options = EvaluationSettings.InStudies.Apply(options, setting.Name, RunFile.ToText(value), $"{fields.Where}: ", problems);
            AddError(setting.Validate(options));
        }
        foreach (var problem in options.Validate()) AddError(problem);
        KeptWeights? weights = null;
        if (fields.GetText("weights") is { } w
            && (weights = EnumName.Parse<KeptWeights>(w)) is null) AddError(
                $"weights '{w}' is unknown{Suggestion.Known(w, [.. EnumName.Names<KeptWeights>()])}");
        var scope = fields.GetText("of") ?? "all";
        if (scope is not ("all" or "chosen")) AddError($"of '{scope}' is unknown; known are all chosen");
        List<long>? chosenSeeds = null;
        var known = seeds.ToHashSet();
        foreach (var value in fields.GetList("seeds") ?? [])
        {
            if (int.TryParse(RunFile.ToText(value), CultureInfo.InvariantCulture, out var seed) && known.Contains(seed)) (chosenSeeds ??= [])
                .Add(seed);
            else AddError($"seeds: {RunFile.ToText(value)} is not one of the study's: "
                + $"{string.Join(' ', seeds.Take(MaximumListed))}{(seeds.Count > MaximumListed ? " ..." : "")}");
        }
        var evaluation = new StudyEvaluation(fields.GetText("name") ?? string.Join('+', attacks ?? []), options)
        {
            Norm = fields.Get("norm") is null ? null : options.Threat.Norm, Epsilon = fields.Get("epsilon") is null ? null : options.Threat.Size,
            ChosenOnly = scope == "chosen", Seeds = chosenSeeds,
            Weights = weights, TrainingImages = fields.GetInteger("training-images", 1),
        };
        if (Grid.Slug(evaluation.Name).Length == 0
            && attacks is { Count: > 0 }) AddError($"name '{evaluation.Name}' needs a letter or digit, for the folder's name");
        fields.ReportUnknown();
        return evaluation;

        void AddError(string? problem)
        {
            if (problem is not null) problems.Add($"{fields.Where}: {problem}");
        }
    }
}
