using System.Text.Json.Serialization;
using Arow.Options;
using Arow.Statistics;

namespace Arow.Analysis;

/// <summary>Groups of images by robustness, q_y = p(y | adversarial image) (Yang et al. 2023, section 4).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RobustnessGroup>))]
internal enum RobustnessGroup
{
    /// <summary>q_y &lt; 0.3.</summary>
    [JsonStringEnumMemberName("least")]
    Least,

    /// <summary>0.3 ≤ q_y &lt; 0.5.</summary>
    [JsonStringEnumMemberName("less")]
    Less,

    /// <summary>0.5 ≤ q_y &lt; 0.7.</summary>
    [JsonStringEnumMemberName("robust")]
    Robust,

    /// <summary>0.7 ≤ q_y.</summary>
    [JsonStringEnumMemberName("highly")]
    Highly,
}

/// <summary>Bounds, names and counts of the groups.</summary>
internal static class RobustnessGroups
{
    /// <summary>The groups, least robust first.</summary>
    public static readonly IReadOnlyList<RobustnessGroup> All = Enum.GetValues<RobustnessGroup>();

    /// <summary>Returns the group of an image.</summary>
    /// <param name="q">q_y, in [0, 1].</param>
    public static RobustnessGroup FromProbability(double q) => q switch
    {
        < 0.3 => RobustnessGroup.Least,
        < 0.5 => RobustnessGroup.Less,
        < 0.7 => RobustnessGroup.Robust,
        _ => RobustnessGroup.Highly,
    };

    /// <summary>Returns the key in files, such as "least".</summary>
    public static string Key(RobustnessGroup group) => EnumName.ToName(group);

    /// <summary>Returns the name in reports, such as "least robust".</summary>
    public static string Name(RobustnessGroup group) => group switch
    {
        RobustnessGroup.Robust => "robust",
        _ => $"{Key(group)} robust",
    };

    /// <summary>Returns the range, such as "q_y &lt; 0.3".</summary>
    public static string Range(RobustnessGroup group) => group switch
    {
        RobustnessGroup.Least => "q_y < 0.3",
        RobustnessGroup.Less => "0.3 ≤ q_y < 0.5",
        RobustnessGroup.Robust => "0.5 ≤ q_y < 0.7",
        _ => "0.7 ≤ q_y",
    };

    /// <summary>Summarizes each group, least robust first.</summary>
    public static IReadOnlyList<GroupSummary> Summarize(IReadOnlyList<AttackedImage> images) => [.. All.Select(group =>
    {
        List<AttackedImage> own = [.. images.Where(i => i.Group == group)];
        return new GroupSummary(group, own.Count, Estimate.Share(own.Count, images.Count), own.Count(i => i.IsCorrect), own.Count(i => i.Robust));
    })];
}

/// <summary>One group of images.</summary>
/// <param name="Group">The group.</param>
/// <param name="N">Number of images.</param>
/// <param name="Share">The proportion of all images.</param>
/// <param name="Right">Number of images that are correctly classified without an attack.</param>
/// <param name="Robust">Number of images that are also correctly classified under attack.</param>
internal sealed record GroupSummary(RobustnessGroup Group, int N, Estimate Share, int Right, int Robust);
