using System.Text;
using System.Text.Json;
using Arow.Training;

namespace Arow.Studies;

/// <summary>A grid of settings, whose axes are lists of values.</summary>
/// <param name="Fixed">Names and values that all points share.</param>
/// <param name="Axes">Names and their values, at least one each.</param>
internal sealed record Grid(
    IReadOnlyList<(string Name, string Value)> Fixed, IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Axes)
{
    /// <summary>Other grids, whose points are extended by this one; may be empty.</summary>
    public IReadOnlyList<Grid> Parts { get; init; } = [];

    /// <summary>Reads the remaining fields as settings of run files.</summary>
    /// <param name="fields">The fields of the file.</param>
    /// <param name="axes">Whether lists are axes here; otherwise they are errors.</param>
    /// <param name="named">Whether a single value is also an axis, and so part of the name.</param>
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
            else if (!axes) AddError("lists of values are only allowed in methods");
            else if (name == "objective") AddError("give each objective a separate method");
            else if (values.Count == 0) AddError("the list has no values");
            else varied.Add((name, values));

            void AddError(string problem) => fields.Problems.Add($"{fields.Where}: {name}: {problem}");
        }
        return new Grid(constant, varied);
    }

    /// <summary>The number of points, without creating them; <see cref="double"/>, since it can exceed every integer type.</summary>
    public double Count => Axes.Aggregate(1.0, (count, axis) => count * axis.Values.Count) * (Parts.Count == 0 ? 1 : Parts.Sum(part => part.Count));

    /// <summary>The points, part by part, the last axis fastest.</summary>
    public IEnumerable<IReadOnlyList<(string Name, string Value)>> Points => Parts.Count == 0 ? Product : Product.SelectMany(
        point => Parts.SelectMany(part => part.Points.Select(added => (IReadOnlyList<(string, string)>)[.. point, .. added])));

    private IEnumerable<IReadOnlyList<(string Name, string Value)>> Product => Axes.Aggregate(
        (IEnumerable<IReadOnlyList<(string, string)>>)[[]],
        (points, axis) => points.SelectMany(point => axis.Values.Select(value => (IReadOnlyList<(string, string)>)[.. point, (axis.Name, value)])));

    /// <summary>Converts a name to part of a folder name: letters, digits, dots and signs, the rest as <paramref name="other"/>.</summary>
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

    /// <summary>Formats a value of an axis for the name of a folder: "lambda6", "epsilon8_255".</summary>
    public static string PathSegment(string name, string value) => name + (value.StartsWith('-') ? "-" : "") + Slug(value, '_');

    /// <summary>Whether a value is an axis: a list, unless the setting itself is a list.</summary>
    private static bool IsAxis(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array
        && (name != "milestones" || value.EnumerateArray().Any(v => v.ValueKind is JsonValueKind.Array or JsonValueKind.String));

    /// <summary>Returns the error of a setting that a study specifies elsewhere.</summary>
    private static string? DescribeConflict(string name) => name switch
    {
        "seed" => "use the study's 'seeds'",
        "limit-test" or "test-attack" => "use the study's 'evaluations'",
        "provenance" => "is not a setting",
        _ => null,
    };
}
