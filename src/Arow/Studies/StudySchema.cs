using System.Text.Json.Nodes;
using Arow.Evaluation;
using Arow.Options;
using Arow.Training;

namespace Arow.Studies;

/// <summary>The JSON schema of study files: <c>docs/schemas/study.json</c>.</summary>
internal static class StudySchema
{
    private const string Axis = "-axis";

    /// <summary>The schema.</summary>
    public static string Write()
    {
        var settings = SettingSchema.Properties(Settings.All).ToList();
        var axes = settings.Select(s => KeyValuePair.Create(s.Key + Axis, (JsonNode?)OneOrMore(Reference(s.Key)))).ToList();
        List<KeyValuePair<string, JsonNode?>> single = [.. settings.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)Reference(s.Key)))];
        List<KeyValuePair<string, JsonNode?>> several = [.. settings.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)Reference(s.Key + Axis)))];
        JsonObject text = new() { ["type"] = "string" }, number = new() { ["type"] = "number" }, integers = List(new() { ["type"] = "integer" });
        var endpoint = SettingSchema.Object(ToProperties(
            ("title", text), ("metric", Names<Accuracy>()), ("evaluation", text), ("attack", text), ("dataset", text), ("arm", text),
            ("against", OneOrMore(text)), ("weights", Names<KeptWeights>()), ("margin", number)));
        var evaluation = SettingSchema.Object(
        [
            .. ToProperties(("name", text)), .. SettingSchema.Properties(EvaluationSettings.InStudies), .. ToProperties(
                ("weights", Names<KeptWeights>()), ("of", EnumOf("all", "chosen")), ("seeds", integers),
                ("training-images", new() { ["type"] = "integer", ["minimum"] = 1 })),
        ]);
        var root = SettingSchema.Object(ToProperties(
            ("$schema", text), ("title", text), ("settings", SettingSchema.Object(Copy(single))), ("seeds", integers),
            ("datasets", List(SettingSchema.Object([.. ToProperties(("name", text)), .. Copy(single)]))),
            ("methods", List(SettingSchema.Object(
                [.. ToProperties(("name", text)), .. Copy(several), .. ToProperties(("grids", List(SettingSchema.Object(Copy(several)))))]))),
            ("evaluations", List(evaluation)), ("reference", text), ("margin", number), ("primary", OneOrMore(endpoint)),
            ("secondary", OneOrMore(endpoint))));
        root["$defs"] = new JsonObject([.. settings, .. axes]);
        return SettingSchema.Write("A study of Arow", root);
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> ToProperties(params (string Name, JsonObject Schema)[] properties) =>
        properties.Select(p => KeyValuePair.Create(p.Name, (JsonNode?)p.Schema.DeepClone()));

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Copy(IEnumerable<KeyValuePair<string, JsonNode?>> properties) =>
        properties.Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()));

    private static JsonObject Reference(string setting) => new() { ["$ref"] = $"#/$defs/{setting}" };

    private static JsonObject List(JsonObject item) => new() { ["type"] = "array", ["items"] = item.DeepClone() };

    private static JsonObject OneOrMore(JsonObject item) => new() { ["anyOf"] = new JsonArray(item.DeepClone(), List(item)) };

    private static JsonObject EnumOf(params IEnumerable<string> names) =>
        new() { ["enum"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]) };

    private static JsonObject Names<T>() where T : struct, Enum => EnumOf(EnumName.Names<T>());
}
