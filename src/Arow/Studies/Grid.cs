using System.Text;
using System.Text.Json;
using Arow.Training;

namespace Arow.Studies;

/// <summary>Settings of which some are lists of values: the axes of a grid.</summary>
/// <param name="Fixed">Names and values that all points share.</param>
/// <param name="Axes">Names and the values that each is tried with; at least one.</param>
internal sealed record Grid(
    IReadOnlyList<(string Name, string Value)> Fixed, IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Axes)
{
    /// <summary>Grids of other settings, to each point of which these are added; none, if there is nothing to add to.</summary>
    public IReadOnlyList<Grid> Parts { get; init; } = [];

    /// <summary>Reads the fields that nobody has asked for as settings of run files.</summary>
    /// <param name="fields">What the file says.</param>
    /// <param name="axes">Whether lists are axes here; otherwise they are faults.</param>
    /// <param name="named">Whether a single value is an axis too, and so part of the name.</param>
    public static Grid Read(JsonFields fields, bool axes, bool named = false)
    {
        var constant = new List<(string, string)>();
        var varied = new List<(string, IReadOnlyList<string>)>();
        foreach (var field in fields.Unread)
        {
            var (name, value) = (field.Name, field.Value);
            IReadOnlyList<string> values = IsAxis(name, value) ? [.. value.EnumerateArray().Select(RunFile.ToText)] : [RunFile.ToText(value)];
            if (DescribeConflict(name) is { } where) AddError(where);
            else if (!IsAxis(name, value) && !named) constant.Add((name, values[0]));
            else if (!axes) AddError("a list of values belongs to a method");
            else if (name == "objective") AddError("each objective is a method of its own");
            else if (values.Count == 0) AddError("the list has no values");
            else varied.Add((name, values));

            void AddError(string problem) => fields.Problems.Add($"{fields.Where}: {name}: {problem}");
        }
        return new Grid(constant, varied);
    }

    /// <summary>How many points there are, without making them; <see cref="double"/>, since it can exceed every whole number.</summary>
    public double Count => Axes.Aggregate(1.0, (count, axis) => count * axis.Values.Count) * (Parts.Count == 0 ? 1 : Parts.Sum(part => part.Count));

    /// <summary>The points, part by part, the last axis fastest.</summary>
    public IEnumerable<IReadOnlyList<(string Name, string Value)>> Points => Parts.Count == 0 ? Product : Product.SelectMany(
        point => Parts.SelectMany(part => part.Points.Select(added => (IReadOnlyList<(string, string)>)[.. point, .. added])));

    private IEnumerable<IReadOnlyList<(string Name, string Value)>> Product => Axes.Aggregate(
        (IEnumerable<IReadOnlyList<(string, string)>>)[[]],
        (points, axis) => points.SelectMany(point => axis.Values.Select(value => (IReadOnlyList<(string, string)>)[.. point, (axis.Name, value)])));

    /// <summary>A name as a part of a folder's name: letters, digits, dots and signs, the rest as <paramref name="other"/>.</summary>
    public static string Slug(string text, char other = '-')
    {
        var slug = new StringBuilder();
        foreach (var c in text.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c) || c == '.') slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != other) slug.Append(other);
        }
        return slug.ToString().Trim(other, '.');
    }

    /// <summary>How a value of an axis shows in the name of a folder: "lambda6", "epsilon8_255".</summary>
    public static string PathSegment(string name, string value) => name + (value.StartsWith('-') ? "-" : "") + Slug(value, '_');

    /// <summary>A list, unless the setting is one itself.</summary>
    private static bool IsAxis(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array
        && (name != "milestones" || value.EnumerateArray().Any(v => v.ValueKind is JsonValueKind.Array or JsonValueKind.String));

    /// <summary>What a study says in another place than its settings.</summary>
    private static string? DescribeConflict(string name) => name switch
    {
        "seed" => "the study's 'seeds' say it",
        "limit-test" or "test-attack" => "the study's 'evaluations' say what is measured",
        "provenance" => "is no setting",
        _ => null,
    };
}
