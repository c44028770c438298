using System.Globalization;
using System.Text.Json;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>A JSON object whose fields are read one by one; errors go to a list.</summary>
/// <param name="Where">The prefix of errors: "study.json: evaluations 2".</param>
/// <param name="Object">The object.</param>
/// <param name="Problems">The list of errors.</param>
internal sealed record JsonFields(string Where, JsonElement Object, List<string> Problems)
{
    private readonly HashSet<string> readNames = [];

    /// <summary>Creates the fields; null, with an error, if the value is not an object.</summary>
    public static JsonFields? Create(string where, JsonElement value, List<string> problems)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            problems.Add($"{where} is not a JSON object");
            return null;
        }
        foreach (var duplicate in value.EnumerateObject().CountBy(p => p.Name).Where(p => p.Value > 1))
            problems.Add($"{where}: duplicate key '{duplicate.Key}' ({duplicate.Value} times)");
        return new JsonFields(where, value, problems);
    }

    /// <summary>Returns the value of a name; null if it is missing.</summary>
    public JsonElement? Get(string name)
    {
        readNames.Add(name);
        return Object.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public string? GetText(string name)
    {
        if (Get(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is { Length: > 0 } text) return text;
        return AddError<string>(name, value, "not a name");
    }

    public int? GetInteger(string name, int least)
    {
        if (Get(name) is not { } value) return null;
        if (int.TryParse(RunFile.ToText(value), CultureInfo.InvariantCulture, out var number) && number >= least) return number;
        Problems.Add($"{Where}: {name} '{RunFile.ToText(value)}' is not an integer{(least > int.MinValue ? $" of at least {least}" : "")}");
        return null;
    }

    /// <summary>Returns a list, or a single value as a list; null if it is missing.</summary>
    public IReadOnlyList<JsonElement>? GetList(string name) => Get(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];

    /// <summary>The fields that were not read.</summary>
    public IEnumerable<JsonProperty> Unread =>
        Object.EnumerateObject().Where(p => !readNames.Contains(p.Name) && p.Value.ValueKind != JsonValueKind.Null);

    /// <summary>Adds an error for each field that was not read.</summary>
    public void ReportUnknown()
    {
        foreach (var field in Unread)
            Problems.Add(
                $"{Where}: '{field.Name}' is unknown{Suggestion.Known(field.Name, readNames)}");
    }

    private T? AddError<T>(string name, JsonElement value, string what) where T : class
    {
        Problems.Add($"{Where}: {name} {value.GetRawText()} is {what}");
        return null;
    }
}
