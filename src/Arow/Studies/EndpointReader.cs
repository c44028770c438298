using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>Reads and validates the endpoints of a study file.</summary>
/// <param name="runs">All runs.</param>
/// <param name="evaluations">All evaluations.</param>
/// <param name="margin">The default margin.</param>
internal sealed class EndpointReader(IReadOnlyList<StudyRun> runs, IReadOnlyList<StudyEvaluation> evaluations, double margin)
{
    /// <summary>Reads a margin in points as a share; null, with an error, if it is invalid.</summary>
    public static double? Margin(JsonFields fields)
    {
        if (fields.Get("margin") is not { } value) return null;
        if (double.TryParse(RunFile.ToText(value), NumberStyles.Float, CultureInfo.InvariantCulture, out var points)
            && points is > 0 and < 100) return points / 100;
        fields.Problems.Add($"{fields.Where}: margin '{RunFile.ToText(value)}' is not a number of points above 0 and below 100, such as 0.5");
        return null;
    }

    /// <summary>Reads an endpoint; null, with one or more errors, if it is invalid.</summary>
    public Endpoint? Read(JsonFields fields)
    {
        var errorsBefore = fields.Problems.Count;
        var title = fields.GetText("title");
        var metric = Metric(fields);
        var evaluation = Evaluation(fields, metric);
        var dataset = Dataset(fields);
        var arm = Arm(fields, "arm", fields.GetText("arm"), dataset);
        string?[] others = [.. (fields.GetList("against") ?? []).Select(a => Arm(fields, "against", RunFile.ToText(a), dataset))];
        if (fields.Get("arm") is null) AddError("'arm' is missing: the method that the endpoint is about");
        if (others.Length == 0) AddError("'against' is missing: the method, or a list of methods, that it is compared with");
        if (arm is not null && others.Contains(arm)) AddError($"against: {arm} would be compared with itself");
        foreach (var duplicate in others.OfType<string>().CountBy(o => o)
            .Where(o => o.Value > 1)) AddError($"against: {duplicate.Key} is listed {duplicate.Value} times");
        var weights = Weights(fields, evaluation, [.. others.Append(arm).OfType<string>()]);
        var own = Margin(fields) ?? margin;
        fields.ReportUnknown();

        if (evaluation is not null)
        {
            if (metric == Accuracy.Robust && evaluation.Attacks.Count == 0) AddError($"metric robust: evaluation {evaluation.Name} has no attack");
            if (runs.Select(r => r.Seed).Distinct()
                .Count(evaluation.IncludesSeed) < 2) AddError("needs at least two seeds");
            if (evaluation.ChosenOnly && others.Append(arm).OfType<string>().FirstOrDefault(a => runs.All(r => r.Cell.Method != a)) is { } setting)
                AddError($"evaluation {evaluation.Name} covers only the settings that validation selects, which may exclude '{setting}'");
        }
        if (fields.Problems.Count > errorsBefore) return null;
        return new Endpoint(arm!, [.. others!], metric, evaluation!, dataset!, own)
        {
            Title = title, Weights = weights,
            Verbatim = JsonNode.Parse(fields.Object.GetRawText(),
                documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true })!
                .ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }),
        };

        void AddError(string problem) => fields.Problems.Add($"{fields.Where}: {problem}");
    }

    private static Accuracy Metric(JsonFields fields)
    {
        if (fields.GetText("metric") is not { } name) return Accuracy.Robust;
        if (EnumName.Parse<Accuracy>(name) is { } metric) return metric;
        fields.Problems.Add($"{fields.Where}: metric '{name}' is unknown{Suggestion.Known(name, [.. EnumName.Names<Accuracy>()])}");
        return Accuracy.Robust;
    }

    /// <summary>Finds an evaluation by its name, by its only attack, or the first one of all settings.</summary>
    private StudyEvaluation? Evaluation(JsonFields fields, Accuracy metric)
    {
        var names = ((string[])["evaluation", "attack"]).Select(key => (Key: key, Name: fields.GetText(key))).Where(e => e.Name is not null).ToList();
        if (names.Count == 2) fields.Problems.Add($"{fields.Where}: 'evaluation' and 'attack' both name the evaluation; one is enough");
        if (names.Count == 0) return evaluations.FirstOrDefault(e => !e.ChosenOnly && (metric == Accuracy.Clean || e.Attacks.Count > 0));
        var (key, name) = (names[0].Key, names[0].Name!);
        var found = evaluations.FirstOrDefault(e => Grid.Slug(e.Name) == Grid.Slug(name));
        if (found is null && evaluations.Where(e => e.Attacks is [var attack] && attack == name).ToList() is [var only]) found = only;
        if (found is null) fields.Problems.Add(
            $"{fields.Where}: {key} '{name}' is not an evaluation of the study{Suggestion.Known(name, [.. evaluations.Select(e => e.Name)])}");
        return found;
    }

    private string? Dataset(JsonFields fields)
    {
        string[] known = [.. runs.Select(r => r.Cell.Dataset).Distinct()];
        if (fields.GetText("dataset") is not { } name)
        {
            if (known.Length > 1) fields.Problems.Add($"{fields.Where}: 'dataset' is missing: the study has {string.Join(", ", known)}");
            return known.FirstOrDefault();
        }
        var found = known.FirstOrDefault(d => Grid.Slug(d) == Grid.Slug(name));
        if (found is null) fields.Problems.Add($"{fields.Where}: dataset '{name}' is not one of the study's: {string.Join(", ", known)}");
        return found;
    }

    /// <summary>Returns the method or the title of the setting, as in tables.</summary>
    private string? Arm(JsonFields fields, string key, string? name, string? dataset)
    {
        if (name is null) return null;
        var cells = runs.Select(r => r.Cell).Where(c => c.Dataset == dataset).Distinct().ToList();
        var found = cells.Select(c => c.Method).Concat(cells.Select(c => c.Title)).FirstOrDefault(a => Grid.Slug(a) == Grid.Slug(name));
        if (found is null) fields.Problems.Add(
            $"{fields.Where}: {key} '{name}' is not a method{Suggestion.Known(name, [.. cells.Select(c => c.Method).Distinct()])}");
        return found;
    }

    private string? Weights(JsonFields fields, StudyEvaluation? evaluation, IReadOnlyList<string> arms)
    {
        if (fields.GetText("weights") is not { } name) return null;
        if (EnumName.Parse<KeptWeights>(name) is not { } asked)
        {
            fields.Problems.Add($"{fields.Where}: weights '{name}' is unknown{Suggestion.Known(name, [.. EnumName.Names<KeptWeights>()])}");
            return null;
        }
        if (evaluation?.Weights is { } measured)
        {
            if (measured != asked) fields.Problems.Add(
                $"{fields.Where}: weights {name}: evaluation {evaluation.Name} uses the {EnumName.ToName(measured)} weights");
            return name;
        }
        foreach (var (cell, selects) in runs.Where(r => arms.Contains(r.Cell.Method) || arms.Contains(r.Cell.Title))
            .Select(r => (r.Cell, Endpoint.DescribeSelection(r.Options))).Distinct().Where(r => r.Item2 != name))
            fields.Problems.Add($"{fields.Where}: weights {name}: the runs of {cell.Title} keep the {selects} weights");
        return name;
    }
}
