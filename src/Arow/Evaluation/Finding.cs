using System.Text.Json.Serialization;

namespace Arow.Evaluation;

/// <summary>The severity of a <see cref="Finding"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FindingLevel>))]
public enum FindingLevel
{
    /// <summary>Helps to interpret the numbers.</summary>
    [JsonStringEnumMemberName("note")]
    Note,

    /// <summary>The robust accuracy may be too high.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,
}

/// <summary>An observation that makes the result of an evaluation doubtful, or changes its meaning, with advice.</summary>
/// <param name="Check">The check: <c>zero-gradients</c>.</param>
/// <param name="Level">note or warning.</param>
/// <param name="Message">The observation, a sentence with figures.</param>
/// <param name="Advice">The meaning, and advice.</param>
/// <param name="Samples">
/// Indices in the whole test set of the affected images; all checked images if none in particular are affected.
/// </param>
public sealed record Finding(
    string Check, FindingLevel Level, [property: JsonPropertyName("says")] string Message, [property: JsonPropertyName("suggests")] string Advice,
    IReadOnlyList<long> Samples)
{
    /// <summary>The robust accuracy may be too high.</summary>
    internal static Finding Warning(string check, string message, string advice, IReadOnlyList<long> samples) =>
        new(check, FindingLevel.Warning, message, advice, samples);

    /// <summary>Creates a note.</summary>
    internal static Finding Note(string check, string message, string advice, IReadOnlyList<long> samples) =>
        new(check, FindingLevel.Note, message, advice, samples);

    /// <summary>"images 3, 7, 12 and 40 more".</summary>
    public string NamedSamples
    {
        get
        {
            const int Most = 8;
            if (Samples.Count == 0) return "";
            var named = string.Join(", ", Samples.Take(Most));
            var more = Samples.Count > Most ? $" and {Samples.Count - Most} more" : "";
            return $"{(Samples.Count == 1 ? "image" : "images")} {named}{more}";
        }
    }
}
