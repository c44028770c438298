using System.Globalization;
using Arow.Evaluation;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>
/// A study as a file: a JSON object, comments and trailing commas allowed, with <c>title</c>, <c>settings</c> (of run
/// files, for all runs), <c>datasets</c>, <c>methods</c> (settings of their own, where a list of values is an axis of the
/// grid, and <c>grids</c>, if one does not do), <c>seeds</c>, <c>evaluations</c>, <c>reference</c>, <c>primary</c> and
/// <c>secondary</c> (endpoints) and <c>margin</c>.
/// </summary>
public static class StudyFile
{
    private const int LongestName = 150, Told = 20;

    /// <summary>Runs of a study: every one is checked before the first begins, and has a folder and a row of every table.</summary>
    private const int MostRuns = 5000;

    /// <summary>Reads a study. Every fault of every run is found before any is reported.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Settings of all runs that win over the file's.</param>
    /// <exception cref="InputException">One or more faults, joined by semicolons.</exception>
    public static Study Read(string path, IEnumerable<(string Name, string Value)>? overrides = null)
    {
        var (study, problems) = Parse(path, overrides ?? []);
        return problems.Count == 0 ? study! : throw new InputException(string.Join("; ", problems));
    }

    /// <summary>The same, with the faults told instead of thrown: what is wrong with files that settings name can be added.</summary>
    /// <returns>The study is there if there is no fault.</returns>
    /// <exception cref="InputException">The file is missing or no JSON.</exception>
    public static (Study? Study, IReadOnlyList<string> Problems) Parse(string path, IEnumerable<(string Name, string Value)> overrides)
    {
        using var document = RunFile.Open(path, "study file");
        var problems = new List<string>();
        if (Fields.Of(path, document.RootElement, problems) is not { } root) return (null, problems);

        var title = root.Word("title") ?? Path.GetFileNameWithoutExtension(path);
        var common = Settings(root);
        var seeds = Seeds(root);
        var datasets = Objects(root, "datasets", Dataset);
        var methods = Objects(root, "methods", Method);
        CheckCount();
        var evaluations = Evaluations(root, seeds);
        var reference = root.Word("reference");
        var margin = EndpointReader.Margin(root) ?? Endpoint.UsualMargin;
        var (primaries, secondaries) = (Objects(root, "primary", f => f), Objects(root, "secondary", f => f));
        if (primaries.Count > 1) problems.Add($"{path}: primary: a study has one primary endpoint; others are 'secondary'");
        root.RefuseRest();

        if (methods.Count == 0) problems.Add($"{path}: 'methods' is missing: a list of objects, each with a name and settings of run files");
        Distinct("method", methods.Select(m => m.Name));
        Distinct("data set", datasets.Select(d => d.Name));
        if (reference is not null && methods.All(m => m.Name != reference))
            problems.Add($"{path}: reference '{reference}' is no method; known are {string.Join(' ', methods.Select(m => m.Name))}");

        var begin = Put(new TrainingOptions(), [.. common, .. overrides], $"{path}: ");
        var shared = datasets.Count == 0
            ? [("", begin)]
            : datasets.Select((d, i) => (Name: d.Name ?? "", Options: Put(Put(new TrainingOptions(), common, ""), [.. d.Grid.Fixed, .. overrides], $"{path}: data set {d.Name ?? $"{i + 1}"}: "))).ToList();
        var runs = seeds.SelectMany(seed => shared.SelectMany(d => methods.SelectMany(m => Runs(d, m, seed)))).ToList();

        foreach (var group in runs.SelectMany(r => r.Options.Problems().Select(p => (Problem: p, r.Cell.Method)))
            .GroupBy(p => p.Problem, p => p.Method))
        {
            var whose = group.Distinct().ToList();
            problems.Add(whose.Count == methods.Count ? $"{path}: {group.Key}" : $"{path}: {string.Join(", ", whose.Select(w => $"method {w}"))}: {group.Key}");
        }
        foreach (var (name, options) in shared) problems.AddRange(Unfit(options, name));
        problems.AddRange(Choosing());
        foreach (var evaluation in evaluations.Where(e => e.Weights is not null))
        {
            var without = runs.Where(r => evaluation.Takes(r.Seed) && !r.Options.Keep.Contains(evaluation.Weights!.Value)).Select(r => r.Cell.Method).Distinct().ToList();
            var kept = NamedValue.Of(evaluation.Weights!.Value);
            if (without.Count > 0) problems.Add($"{path}: evaluation {evaluation.Name}: weights {kept}: runs of {string.Join(", ", without)} do not keep them; the setting \"keep\": \"{kept}\" does");
        }
        var reader = new EndpointReader(runs, evaluations, margin);
        Endpoint[] primary = [.. primaries.Select(reader.Read).OfType<Endpoint>()], secondary = [.. secondaries.Select(reader.Read).OfType<Endpoint>()];
        foreach (var twice in runs.CountBy(r => r.Name.ToLowerInvariant()).Where(r => r.Value > 1))
            problems.Add($"{path}: {twice.Value} runs would have the name {twice.Key}");
        if (runs.FirstOrDefault(r => r.Name.Length > LongestName) is { } longest)
            problems.Add($"{path}: the name of {longest.Name} is too long for a folder; {LongestName} letters are allowed");

        IReadOnlyList<string> found = [.. problems.Distinct()];
        if (found.Count > 0) return (null, found);
        reference ??= (runs.FirstOrDefault(r => r.Options.Objective == "arow") ?? runs[0]).Cell.Method;
        return (new Study(title, runs, evaluations, reference, shared.ToDictionary(d => Label(d), d => d.Item2))
        {
            Primary = primary.FirstOrDefault(), Secondary = secondary, Margin = margin,
        }, found);

        // A short file can stand for more runs than there is memory: they are counted before they are made.
        void CheckCount()
        {
            var (sets, settings) = (Math.Max(1, datasets.Count), Math.Max(1, methods.Sum(m => m.Grid.Count)));
            if (seeds.Count * sets * settings is var count && count <= MostRuns) return;
            throw new InputException(string.Create(CultureInfo.InvariantCulture,
                $"{path}: comes to {count:#,0} runs ({settings:#,0} settings of methods, {seeds.Count:#,0} seeds, {sets:#,0} data sets), and a study has at most {MostRuns}; give its axes fewer values, or make several studies of it"));
        }

        (string? Name, Grid Grid) Dataset(Fields fields)
        {
            var (name, grid) = (fields.Word("name"), Grid.Read(fields, axes: false));
            return (name ?? Said(grid.Fixed, "dataset") ?? Said(common, "dataset"), grid);
        }

        (string? Name, Grid Grid) Method(Fields fields)
        {
            var (name, parts) = (fields.Word("name"), Objects(fields, "grids", part => Grid.Read(part, axes: true, named: true)));
            var grid = Grid.Read(fields, axes: true) with { Parts = parts };
            foreach (var twice in grid.Axes.Select(a => a.Name).Intersect(parts.SelectMany(p => p.Axes).Select(a => a.Name)))
                problems.Add($"{fields.Where}: {twice} is varied here and in 'grids'");
            return (name ?? Said(grid.Fixed, "objective"), grid);
        }

        TrainingOptions Put(TrainingOptions options, IEnumerable<(string Name, string Value)> values, string where) =>
            values.Aggregate(options, (o, v) => RunFile.Put(o, v.Name, v.Value, where, problems));

        string Label((string Name, TrainingOptions Options) d) => d.Name.Length > 0 ? d.Name : d.Options.Dataset ?? "";

        IEnumerable<StudyRun> Runs((string Name, TrainingOptions Options) d, (string? Name, Grid Grid) m, long seed)
        {
            var where = $"{path}: method {m.Name}: ";
            var own = Put(d.Options, m.Grid.Fixed, where) with { Seed = seed };
            foreach (var point in m.Grid.Points)
            {
                var options = Put(own, point, where);
                var axes = point.Select(p => (p.Name, Value: Canonical(p.Name, options) ?? p.Value)).ToList();
                var name = string.Join('-',
                    ((string[])[Grid.Slug(d.Name), Grid.Slug(m.Name ?? ""), .. axes.Select(a => Grid.Part(a.Name, a.Value)), $"seed{seed}"])
                    .Where(part => part.Length > 0));
                yield return new StudyRun(name, new StudyCell(Label(d), m.Name ?? "", string.Join(", ", axes.Select(a => $"{a.Name} {a.Value}"))), axes, options);
            }
        }

        IEnumerable<string> Unfit(TrainingOptions options, string dataset)
        {
            foreach (var evaluation in evaluations)
            {
                var where = $"{path}: evaluation {evaluation.Name}{(dataset.Length > 0 ? $" on {dataset}" : "")}: ";
                var threat = evaluation.Threat(options);
                foreach (var unfit in (evaluation.Options with { Threat = threat }).Unfit().Append(threat.Fault()).OfType<string>()) yield return where + unfit;
            }
        }

        // Settings are chosen, and epochs too, on images that are neither trained on nor tested on; nothing else is offered.
        IEnumerable<string> Choosing()
        {
            var several = runs.Select(r => r.Cell).Distinct().CountBy(c => (c.Method, c.Dataset)).Where(c => c.Value > 1).Select(c => c.Key).ToHashSet();
            foreach (var cell in runs.DistinctBy(r => r.Cell))
            {
                if (cell.Options.SelectOn == "test")
                    yield return $"{path}: method {cell.Cell.Method}: select-on test: a study chooses on validation images, never on those that it reports on";
                if (cell.Options.SelectOn == "last" && cell.Axes.Count > 0 && several.Contains((cell.Cell.Method, cell.Cell.Dataset)))
                    yield return $"{path}: method {cell.Cell.Method}: select-on last leaves no validation images to choose {string.Join(" and ", cell.Axes.Select(a => a.Name))} by";
            }
        }

        void Distinct(string what, IEnumerable<string?> names)
        {
            foreach (var (i, name) in names.Index())
            {
                if (name is null) problems.Add($"{path}: {what} {i + 1} has no name");
                else if (Grid.Slug(name).Length == 0) problems.Add($"{path}: {what} '{name}' has no letter or digit to name a folder by");
            }
            foreach (var twice in names.OfType<string>().CountBy(n => Grid.Slug(n)).Where(n => n.Value > 1))
                problems.Add($"{path}: {twice.Value} {what}s are called {twice.Key}");
        }
    }

    private static string? Said(IReadOnlyList<(string Name, string Value)> settings, string name) =>
        settings.LastOrDefault(f => f.Name == name) is { Value: { } value } ? value : null;

    /// <summary>The value as run files write it, so that 6 and 6.0 are one.</summary>
    private static string? Canonical(string name, TrainingOptions options) =>
        Training.Settings.All.FirstOrDefault(s => s.Name == name)?.Get(options);

    private static IReadOnlyList<(string Name, string Value)> Settings(Fields root) =>
        root.Find("settings") is { } value && Fields.Of($"{root.Where}: settings", value, root.Problems) is { } fields
            ? Grid.Read(fields, axes: false).Fixed
            : [];

    private static List<long> Seeds(Fields root)
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

    private static List<StudyEvaluation> Evaluations(Fields root, IReadOnlyList<long> seeds)
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
