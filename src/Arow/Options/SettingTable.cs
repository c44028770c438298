namespace Arow.Options;

/// <summary>Reading of options by the names of their rows.</summary>
internal static class SettingTable
{
    /// <summary>What is wrong with the values of options, a line each.</summary>
    public static IEnumerable<string> Validate<TOptions>(this IReadOnlyList<Setting<TOptions>> rows, TOptions options) where TOptions : class,
    new() =>
        rows.Select(s => s.Validate(options) ?? s.Check(options)).OfType<string>();

    /// <summary>The options with a value; as they are, and one more problem, if there is no such row or value.</summary>
    /// <param name="rows">Of the table.</param>
    /// <param name="options">The options.</param>
    /// <param name="name">Of the row.</param>
    /// <param name="value">As text.</param>
    /// <param name="where">What the problem begins with.</param>
    /// <param name="problems">Where it goes.</param>
    public static TOptions Apply<TOptions>(
        this IReadOnlyList<Setting<TOptions>> rows, TOptions options, string name, string value, string where, List<string> problems)
        where TOptions : class, new()
    {
        var setting = rows.FirstOrDefault(s => s.Name == name);
        try
        {
            if (setting?.Set(options, value) is { } changed) return changed;
            problems.Add(where + (setting?.DescribeInvalid(value)
                ?? $"'{name}' is no option{Suggestion.Question(name, rows.Select(s => s.Name))}"));
        }
        catch (InputException fault)
        {
            problems.Add($"{where}{name} {fault.Message}");
        }
        return options;
    }
}
