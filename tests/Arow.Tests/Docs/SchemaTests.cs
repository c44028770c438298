using System.Text.Json;

namespace Arow.Tests.Docs;

/// <summary>
/// That the committed JSON schemas follow from the tables of options. With AROW_WRITE_SCHEMAS=1 in the environment they are written anew.
/// </summary>
public sealed class SchemaTests
{
    private static string Folder => Path.Combine(Repository.Root, "docs/schemas");

    [Theory]
    [InlineData("run.json")]
    [InlineData("study.json")]
    public void They_follow_from_the_tables(string name)
    {
        var path = Path.Combine(Folder, name);
        var schema = name == "run.json" ? RunFile.Schema() : StudySchema.Write();
        if (Environment.GetEnvironmentVariable("AROW_WRITE_SCHEMAS") == "1") File.WriteAllText(path, schema);
        Assert.Equal(schema, File.ReadAllText(path));
    }

    [Fact]
    public void Every_recipe_and_study_keeps_to_them()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "recipes"), "*.json").Select(f => (f, "run.json"))
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "studies"), "*.json").Select(f => (f, "study.json"))).ToList();
        Assert.True(files.Count > 10);
        foreach (var (file, name) in files)
        {
            using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, name)));
            using var document = JsonDocument.Parse(File.ReadAllText(file),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            Assert.Null(Fault(document.RootElement, schema.RootElement, schema.RootElement, Path.GetFileName(file)));
        }
    }

    [Theory]
    [InlineData("""{ "lamda": 3 }""", "lamda")]
    [InlineData("""{ "epochs": 0 }""", "epochs")]
    [InlineData("""{ "momentum": 1 }""", "momentum")]
    [InlineData("""{ "norm": "l3" }""", "norm")]
    [InlineData("""{ "nesterov": "yes" }""", "nesterov")]
    [InlineData("""{ "$schema": "run.json", "epsilon": "8/255", "lr": 0.1, "epochs": 3, "milestones": [1, 2] }""", null)]
    public void They_refuse_what_the_program_refuses(string text, string? fault)
    {
        using var schema = JsonDocument.Parse(RunFile.Schema());
        using var document = JsonDocument.Parse(text);
        Assert.Equal(fault, Fault(document.RootElement, schema.RootElement, schema.RootElement, ""));
    }

    [Fact]
    public void A_file_may_name_its_schema()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("run.json"), """{ "$schema": "../docs/schemas/run.json", "dataset": "glyphs" }""");
        File.WriteAllText(folder.File("study.json"),
            """{ "$schema": "../docs/schemas/study.json", "settings": { "dataset": "glyphs" }, "methods": [ { "objective": "arow" } ] }""");
        Assert.Equal("glyphs", RunFile.Read(folder.File("run.json"), []).Dataset);
        Assert.Single(StudyFile.Read(folder.File("study.json")).Runs);
    }

    /// <summary>The keywords that the schemas use; the name of the value that is wrong, or null.</summary>
    private static string? Fault(JsonElement value, JsonElement schema, JsonElement root, string name)
    {
        if (schema.TryGetProperty("$ref", out var reference)) return Fault(value,
            root.GetProperty("$defs").GetProperty(reference.GetString()!.Split('/')[^1]), root, name);
        if (schema.TryGetProperty("anyOf", out var any)) return any.EnumerateArray().Any(s => Fault(value, s, root, name) is null) ? null : name;
        if (schema.TryGetProperty("enum", out var names) && names.EnumerateArray().All(n => !JsonElement.DeepEquals(n, value))) return name;
        if (schema.TryGetProperty("type", out var type)
            && (type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().ToArray() : [type]).All(t => !Is(value, t.GetString()!))) return name;
        if (value.ValueKind == JsonValueKind.Number)
        {
            var number = value.GetDouble();
            if (schema.TryGetProperty("minimum", out var least) && number < least.GetDouble() || schema.TryGetProperty("exclusiveMinimum", out least)
                && number <= least.GetDouble()) return name;
            if (schema.TryGetProperty("maximum", out var most) && number > most.GetDouble() || schema.TryGetProperty("exclusiveMaximum", out most)
                && number >= most.GetDouble()) return name;
        }
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items)) return value.EnumerateArray()
            .Select(v => Fault(v, items, root, name)).FirstOrDefault(f => f is not null);
        if (value.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties", out var properties)) return null;
        return value.EnumerateObject().Select(p => properties.TryGetProperty(p.Name, out var own) ? Fault(p.Value, own, root, p.Name) : p.Name)
            .FirstOrDefault(f => f is not null);
    }

    private static bool Is(JsonElement value, string type) => type switch
    {
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() % 1 == 0,
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => value.ValueKind == JsonValueKind.String,
    };
}
