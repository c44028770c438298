using System.Text.Json.Serialization;

namespace Arow.Evaluation;

/// <summary>How much a <see cref="Finding"/> weighs.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FindingLevel>))]
public enum FindingLevel
{
    /// <summary>Good to know when reading the numbers.</summary>
    [JsonStringEnumMemberName("note")]
    Note,

    /// <summary>The robust accuracy may be too high.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,
}

/// <summary>A reason to read the numbers of an evaluation otherwise, or to trust them less.</summary>
/// <param name="Check">Which check found it: <c>zero-gradients</c>.</param>
/// <param name="Level">note or warning.</param>
/// <param name="Says">What was seen, a sentence with its figures.</param>
/// <param name="Suggests">What that means and what to do about it.</param>
/// <param name="Samples">
/// Places in the whole test set of the images it was seen at; all that were looked at where it is about none in particular.
/// </param>
public sealed record Finding(
    string Check, FindingLevel Level, string Says, string Suggests, IReadOnlyList<long> Samples)
{
    /// <summary>The robust accuracy may be too high.</summary>
    internal static Finding Warning(string check, string message, string advice, IReadOnlyList<long> samples) =>
        new(check, FindingLevel.Warning, message, advice, samples);

    /// <summary>Good to know.</summary>
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
