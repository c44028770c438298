using System.Globalization;
using System.Text.Json;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>A JSON object that is asked for its fields one by one; what is wrong with them goes to a list.</summary>
/// <param name="Where">What faults begin with: "study.json: evaluations 2".</param>
/// <param name="Object">The object.</param>
/// <param name="Problems">Where faults go.</param>
internal sealed record JsonFields(string Where, JsonElement Object, List<string> Problems)
{
    private readonly HashSet<string> readNames = [];

    /// <summary>Null, and a fault, if the value is no object.</summary>
    public static JsonFields? Create(string where, JsonElement value, List<string> problems)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            problems.Add($"{where} is no JSON object");
            return null;
        }
        foreach (var duplicate in value.EnumerateObject().CountBy(p => p.Name).Where(p => p.Value > 1))
            problems.Add($"{where}: '{duplicate.Key}' is said {duplicate.Value} times");
        return new JsonFields(where, value, problems);
    }

    /// <summary>The value of a name; null if it is not there.</summary>
    public JsonElement? Get(string name)
    {
        readNames.Add(name);
        return Object.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public string? GetText(string name)
    {
        if (Get(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString()!.Trim() is { Length: > 0 } text) return text;
        return AddError<string>(name, value, "no name");
    }

    public int? GetInteger(string name, int least)
    {
        if (Get(name) is not { } value) return null;
        if (int.TryParse(RunFile.ToText(value), CultureInfo.InvariantCulture, out var number) && number >= least) return number;
        Problems.Add($"{Where}: {name} '{RunFile.ToText(value)}' is not an integer{(least > int.MinValue ? $" of at least {least}" : "")}");
        return null;
    }

    /// <summary>A list, or one value in its place; null if it is not there.</summary>
    public IReadOnlyList<JsonElement>? GetList(string name) => Get(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];

    /// <summary>The fields that nobody has asked for.</summary>
    public IEnumerable<JsonProperty> Unread =>
        Object.EnumerateObject().Where(p => !readNames.Contains(p.Name) && p.Value.ValueKind != JsonValueKind.Null);

    /// <summary>A fault for each field that nobody has asked for.</summary>
    public void ReportUnknown()
    {
        foreach (var field in Unread)
            Problems.Add(
                $"{Where}: '{field.Name}' is unknown; known are {string.Join(' ', readNames)}{Suggestion.Aside(field.Name, readNames)}");
    }

    private T? AddError<T>(string name, JsonElement value, string what) where T : class
    {
        Problems.Add($"{Where}: {name} {value.GetRawText()} is {what}");
        return null;
    }
}
