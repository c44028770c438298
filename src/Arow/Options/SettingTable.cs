namespace Arow.Options;

/// <summary>Reads options by the names of their rows.</summary>
internal static class SettingTable
{
    /// <summary>Returns the errors of option values, one a line.</summary>
    public static IEnumerable<string> Validate<TOptions>(this IReadOnlyList<Setting<TOptions>> rows, TOptions options) where TOptions : class,
    new()
    {
        var defaults = new TOptions();
        foreach (var row in rows)
        {
            if ((row.Validate(options) ?? row.Check(options)) is { } fault) yield return fault;
        }
        foreach (var row in rows.Where(s => s.Needs is not null && IsGiven(s)))
        {
            if (!IsGiven(rows.Single(s => s.Name == row.Needs))) yield return $"{row.Name} needs {row.Needs}{row.NeedsReason}";
        }

        bool IsGiven(Setting<TOptions> row) => row.Get(options) != row.Get(defaults);
    }

    /// <summary>Returns the options with a value; unchanged, and with one more problem, if the row or the value is invalid.</summary>
    /// <param name="rows">The rows of the table.</param>
    /// <param name="options">The options.</param>
    /// <param name="name">The name of the row.</param>
    /// <param name="value">The value as text.</param>
    /// <param name="where">The prefix of the problem.</param>
    /// <param name="problems">The list that receives the problem.</param>
    public static TOptions Apply<TOptions>(
        this IReadOnlyList<Setting<TOptions>> rows, TOptions options, string name, string value, string where, List<string> problems)
        where TOptions : class, new()
    {
        var setting = rows.FirstOrDefault(s => s.Name == name);
        try
        {
            if (setting?.Set(options, value) is { } changed) return changed;
            problems.Add(where + (setting?.DescribeInvalid(value)
                ?? $"'{name}' is an unknown option{Suggestion.Question(name, rows.Select(s => s.Name))}"));
        }
        catch (InputException fault)
        {
            problems.Add($"{where}{name} {fault.Message}");
        }
        return options;
    }
}
