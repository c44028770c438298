using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>Validates a study beyond single values.</summary>
/// <param name="path">The path of the file, the prefix of every error.</param>
/// <param name="draft">The content of the file.</param>
/// <param name="runs">Its runs.</param>
internal sealed class StudyValidator(string path, StudyDraft draft, StudyRuns runs)
{
    private const int MaximumNameLength = 150;

    /// <summary>Returns a line for each error.</summary>
    public IEnumerable<string> Validate() =>
    [
        .. ValidateNames(), .. ValidateRuns(), .. runs.Shared.SelectMany(s => ValidateEvaluations(s.Options, s.Name)), .. ValidateSelection(),
        .. ValidateKeptWeights(), .. ValidateFolders(),
    ];

    private IEnumerable<string> ValidateNames()
    {
        if (draft.Primary.Count > 1) yield return $"{path}: primary: a study has one primary endpoint; others are 'secondary'";
        if (draft.Methods.Count == 0) yield return $"{path}: 'methods' is missing: a list of objects, each with a name and settings of run files";
        foreach (var problem in ValidateDistinct("method", draft.Methods.Select(m => m.Name))
            .Concat(ValidateDistinct("data set", draft.Datasets.Select(d => d.Name)))) yield return problem;
        if (draft.Reference is { } reference && draft.Methods.All(m => m.Name != reference))
            yield return $"{path}: reference '{reference}' is not a method{Suggestion.Known(reference, [.. draft.Methods.Select(m => m.Name).OfType<string>()])}";
    }

    /// <summary>Returns the errors of runs, without duplicates, with their methods.</summary>
    private IEnumerable<string> ValidateRuns()
    {
        foreach (var group in runs.All.SelectMany(r => r.Options.Validate().Select(p => (Problem: p, r.Cell.Method)))
            .GroupBy(p => p.Problem, p => p.Method))
        {
            var affected = group.Distinct().ToList();
            yield return affected.Count == draft.Methods.Count ? $"{path}: {group.Key}"
                : $"{path}: {string.Join(", ", affected.Select(w => $"method {w}"))}: {group.Key}";
        }
    }

    private IEnumerable<string> ValidateEvaluations(TrainingOptions options, string dataset)
    {
        foreach (var evaluation in draft.Evaluations)
        {
            var where = $"{path}: evaluation {evaluation.Name}{(dataset.Length > 0 ? $" on {dataset}" : "")}: ";
            var threat = evaluation.Threat(options);
            foreach (var error in (evaluation.Options with { Threat = threat }).ValidateNorms().Append(threat.Validate())
                .OfType<string>()) yield return where + error;
        }
    }

    // Settings and epochs are selected on images that are neither trained on nor tested on; nothing else is supported.
    private IEnumerable<string> ValidateSelection()
    {
        var several = runs.All.Select(r => r.Cell).Distinct().CountBy(c => (c.Method, c.Dataset)).Where(c => c.Value > 1).Select(c => c.Key)
            .ToHashSet();
        foreach (var cell in runs.All.DistinctBy(r => r.Cell))
        {
            if (cell.Options.SelectOn == SelectOn.Test)
                yield return $"{path}: method {cell.Cell.Method}: select-on test: a study selects on validation images, never on those that it "
                    + "reports on";
            if (cell.Options.SelectOn == SelectOn.Last && cell.Axes.Count > 0 && several.Contains((cell.Cell.Method, cell.Cell.Dataset)))
                yield return $"{path}: method {cell.Cell.Method}: select-on last leaves no validation images to select "
                    + $"{string.Join(" and ", cell.Axes.Select(a => a.Name))} by";
        }
    }

    private IEnumerable<string> ValidateKeptWeights()
    {
        foreach (var evaluation in draft.Evaluations.Where(e => e.Weights is not null))
        {
            var without = runs.All.Where(r => evaluation.IncludesSeed(r.Seed) && !r.Options.Keep.Contains(evaluation.Weights!.Value))
                .Select(r => r.Cell.Method).Distinct().ToList();
            var kept = EnumName.ToName(evaluation.Weights!.Value);
            if (without.Count > 0) yield return $"{path}: evaluation {evaluation.Name}: weights {kept}: runs of {string.Join(", ", without)} do not "
                + $"keep them; the setting \"keep\": \"{kept}\" does";
        }
    }

    private IEnumerable<string> ValidateFolders()
    {
        foreach (var duplicate in runs.All.CountBy(r => r.Name.ToLowerInvariant()).Where(r => r.Value > 1))
            yield return $"{path}: {duplicate.Value} runs would have the name {duplicate.Key}";
        if (runs.All.FirstOrDefault(r => r.Name.Length > MaximumNameLength) is { } longest)
            yield return $"{path}: the name of {longest.Name} is too long for a folder; {MaximumNameLength} letters are allowed";
    }

    private IEnumerable<string> ValidateDistinct(string what, IEnumerable<string?> names)
    {
        foreach (var (i, name) in names.Index())
        {
            if (name is null) yield return $"{path}: {what} {i + 1} has no name";
            else if (Grid.Slug(name).Length == 0) yield return $"{path}: {what} '{name}' needs a letter or digit, for the folder's name";
        }
        foreach (var duplicate in names.OfType<string>().CountBy(n => Grid.Slug(n)).Where(n => n.Value > 1))
            yield return $"{path}: {duplicate.Value} {what}s have the name {duplicate.Key}";
    }
}
