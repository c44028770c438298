using Arow.Training;

namespace Arow.Studies;

/// <summary>
/// A study as a file: a JSON object, comments and trailing commas allowed, with <c>title</c>, <c>settings</c> (of run
/// files, for all runs), <c>datasets</c>, <c>methods</c> (each with its settings, where a list of values is an axis of the
/// grid, and optional <c>grids</c>), <c>seeds</c>, <c>evaluations</c>, <c>reference</c>, <c>primary</c> and
/// <c>secondary</c> (endpoints) and <c>margin</c>.
/// </summary>
internal static class StudyFile
{
    /// <summary>Reads a study. All errors of all runs are reported at once.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Settings of all runs that override the file's.</param>
    /// <exception cref="InputException">One or more errors, joined by semicolons.</exception>
    public static Study Read(string path, IEnumerable<(string Name, string Value)>? overrides = null)
    {
        var (study, problems) = Parse(path, overrides ?? []);
        return problems.Count == 0 ? study! : throw new InputException(string.Join("; ", problems));
    }

    /// <summary>Like Read, but returns the errors, so that errors of the files that settings name can be added.</summary>
    /// <returns>The study, if there are no errors.</returns>
    /// <exception cref="InputException">The file is missing or not JSON.</exception>
    public static (Study? Study, IReadOnlyList<string> Problems) Parse(string path, IEnumerable<(string Name, string Value)> overrides)
    {
        using var document = RunFile.Open(path, "study file");
        var problems = new List<string>();
        if (JsonFields.Create(path, document.RootElement, problems) is not { } root) return (null, problems);
        var draft = StudyDraft.Read(root);
        var runs = StudyRuns.Create(path, draft, overrides, problems);
        problems.AddRange(new StudyValidator(path, draft, runs).Validate());
        var reader = new EndpointReader(runs.All, draft.Evaluations, draft.Margin);
        Endpoint[] primary = [.. draft.Primary.Select(reader.Read).OfType<Endpoint>()],
        secondary = [.. draft.Secondary.Select(reader.Read).OfType<Endpoint>()];

        IReadOnlyList<string> errors = [.. problems.Distinct()];
        if (errors.Count > 0) return (null, errors);
        var reference = draft.Reference ?? (runs.All.FirstOrDefault(r => r.Options.Objective == "arow") ?? runs.All[0]).Cell.Method;
        return (new Study(draft.Title, runs.All, draft.Evaluations, reference, runs.Shared.ToDictionary(StudyRuns.Label, d => d.Options))
        {
            Primary = primary.FirstOrDefault(), Secondary = secondary, Margin = draft.Margin,
        }, errors);
    }
}
