using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Arow.Options;

/// <summary>JSON schemas of files whose keys are rows of a table of options.</summary>
internal static class SettingSchema
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a schema as text, one property a line.</summary>
    /// <param name="title">The title of the schema.</param>
    /// <param name="content">The keywords of the schema.</param>
    public static string Write(string title, JsonObject content)
    {
        var root = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = title };
        foreach (var (key, value) in content) root[key] = value?.DeepClone();
        return $"{{\n{Lines(root, "  ", member => member is { Key: "properties" or "$defs", Value: JsonObject inner }
            ? $"{{\n{Lines(inner, "    ", each => Text(each.Value))}\n  }}" : Text(member.Value))}\n}}\n";

        static string Lines(JsonObject members, string indent, Func<KeyValuePair<string, JsonNode?>, string> write) =>
            string.Join(",\n", members.Select(m => $"{indent}\"{m.Key}\": {write(m)}"));

        static string Text(JsonNode? value) => value?.ToJsonString(OneLine) ?? "null";
    }

    /// <summary>An object that has these properties and no others.</summary>
    public static JsonObject Object(IEnumerable<KeyValuePair<string, JsonNode?>> properties) =>
        new() { ["type"] = "object", ["properties"] = new JsonObject(properties), ["additionalProperties"] = false };

    /// <summary>A property for each row.</summary>
    public static IEnumerable<KeyValuePair<string, JsonNode?>> Properties<TOptions>(IEnumerable<Setting<TOptions>> rows) where TOptions : class,
    new() =>
        rows.Select(row => KeyValuePair.Create(row.Name, (JsonNode?)Value(row)));

    private static JsonObject Value<TOptions>(Setting<TOptions> row) where TOptions : class, new()
    {
        var value = new JsonObject { ["description"] = row.Default is null ? row.Summary : $"{row.Summary} [{row.Default}]" };
        var names = row.Kind == SettingKind.Choice ? row.ValueName.Split('|') : row.AllowedValues;
        if (names is not null)
        {
            value["enum"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]);
            return value;
        }
        value["type"] = row.Kind switch
        {
            SettingKind.Integer => "integer",
            SettingKind.Flag => "boolean",
            SettingKind.Number or SettingKind.Ratio => new JsonArray("number", "string"),
            SettingKind.List => new JsonArray("array", "string"),
            _ => "string",
        };
        // Ratios such as 8/255 are strings; ranges apply to numbers only.
        if (row is { Range: { } range, Kind: SettingKind.Integer or SettingKind.Number })
        {
            value[range.ExcludesMinimum ? "exclusiveMinimum" : "minimum"] = range.Minimum;
            if (range.IsInterval) value[range.ExcludesMaximum ? "exclusiveMaximum" : "maximum"] = range.Maximum;
        }
        return value;
    }
}
