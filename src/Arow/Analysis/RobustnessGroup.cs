using System.Text.Json.Serialization;

namespace Arow.Analysis;

/// <summary>How robust an image is, by q_y = p(y | adversarial image) (Yang et al. 2023, section 4).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RobustnessGroup>))]
public enum RobustnessGroup
{
    /// <summary>q_y below 0.3.</summary>
    [JsonStringEnumMemberName("least")]
    Least,

    /// <summary>From 0.3, below 0.5.</summary>
    [JsonStringEnumMemberName("less")]
    Less,

    /// <summary>From 0.5, below 0.7.</summary>
    [JsonStringEnumMemberName("robust")]
    Robust,

    /// <summary>From 0.7 up.</summary>
    [JsonStringEnumMemberName("highly")]
    Highly,
}

/// <summary>The groups' ends, names and counts.</summary>
public static class RobustnessGroups
{
    /// <summary>The groups, least robust first.</summary>
    public static readonly IReadOnlyList<RobustnessGroup> All = Enum.GetValues<RobustnessGroup>();

    /// <summary>The group of an image.</summary>
    /// <param name="q">q_y, in [0, 1].</param>
    public static RobustnessGroup Of(double q) => q switch
    {
        < 0.3 => RobustnessGroup.Least,
        < 0.5 => RobustnessGroup.Less,
        < 0.7 => RobustnessGroup.Robust,
        _ => RobustnessGroup.Highly,
    };

    /// <summary>"least": in files.</summary>
    public static string Key(RobustnessGroup group) => NamedValue.Of(group);

    /// <summary>"least robust": in reports.</summary>
    public static string Name(RobustnessGroup group) => group switch
    {
        RobustnessGroup.Robust => "robust",
        _ => $"{Key(group)} robust",
    };

    /// <summary>"q_y &lt; 0.3".</summary>
    public static string Range(RobustnessGroup group) => group switch
    {
        RobustnessGroup.Least => "q_y < 0.3",
        RobustnessGroup.Less => "0.3 ≤ q_y < 0.5",
        RobustnessGroup.Robust => "0.5 ≤ q_y < 0.7",
        _ => "0.7 ≤ q_y",
    };

    /// <summary>What is in each group, least robust first.</summary>
    public static IReadOnlyList<GroupSummary> Count(IReadOnlyList<AttackedImage> images) => [.. All.Select(group =>
    {
        List<AttackedImage> own = [.. images.Where(i => i.Group == group)];
        return new GroupSummary(group, own.Count, Estimate.Share(own.Count, images.Count), own.Count(i => i.Right), own.Count(i => i.Robust));
    })];
}

/// <summary>One group of images.</summary>
/// <param name="Group">Which.</param>
/// <param name="N">Its images.</param>
/// <param name="Share">Of all images.</param>
/// <param name="Right">How many of them are rightly classified as they are.</param>
/// <param name="Robust">How many stay so under the attack.</param>
public sealed record GroupSummary(RobustnessGroup Group, int N, Estimate Share, int Right, int Robust);
