using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Arow.Attacks;
using Arow.Data;
using Arow.Runtime;

namespace Arow.Evaluation;

/// <summary>
/// What an evaluation is of: two with the same identity have the same rows. Going on with one asks for the same, to the
/// batch size, which decides the last bits of a sum.
/// </summary>
/// <param name="Parts">Names and values, in the order in which a difference is told.</param>
internal sealed record EvaluationIdentity(IReadOnlyList<string[]> Parts)
{
    /// <summary>
    /// Where it was begun; null in journals of older versions. Elsewhere the rows are the same but for the last digits of margins, so that
    /// it is no part of the identity.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ComputeEnvironment? Environment { get; init; }

    /// <summary>The identity of an evaluation.</summary>
    /// <param name="model">The architecture and whatever else decides what the weights compute.</param>
    /// <param name="weights">Hash of the weights file.</param>
    /// <param name="images">What is measured on.</param>
    /// <param name="attacks">In order, with their budgets.</param>
    /// <param name="options">What else decides the rows; its precision says what attacks look at in the end, exact or fast.</param>
    public static EvaluationIdentity Create(
        string model, string weights, ImageSet images, IReadOnlyList<IAttack> attacks, EvaluationOptions options) => new(
        [
            ["Arow", Provenance.Version],
            ["model", model],
            ["weights (SHA-256)", weights],
            ["data set", images.Name],
            ["images", $"{images.Count}"],
            ["data (SHA-256)", DataIdentity.ComputeHash(images)],
            ["classes", string.Join(", ", images.Classes)],
            ["perturbations", $"{options.Threat.Norm} {options.Threat.Size}".ToLowerInvariant()],
            ["attacks", attacks.Count == 0 ? "none" : string.Join(',', attacks.Select(a => a.Name))],
            ["budget of the attacks", Hash(string.Join('\n', IEnsemble.Flatten(attacks).Select(DescribeAttack)))],
            .. EvaluationSettings.Identity(options),
            ["device", EnumName.ToName(images.Images.device.type)],
        ])
        {
            Environment = ComputeEnvironment.Current(images.Images.device.type),
        };

    /// <summary>Whether it has names and values and no name twice, as what was read from a file may not.</summary>
    internal bool IsValid => Parts is not null && Parts.All(p => p is [not null, not null]) && Parts.DistinctBy(p => p[0]).Count() == Parts.Count;

    /// <summary>What differs: "epsilon 8/255, not 4/255"; null if nothing.</summary>
    /// <param name="requested">What is asked for.</param>
    public string? DescribeDifference(EvaluationIdentity requested)
    {
        var own = Parts.ToDictionary(p => p[0], p => p[1]);
        // What was begun before there was an option was begun with its default.
        var different = requested.Parts.Select(p =>
            (Name: p[0], Own: own.GetValueOrDefault(p[0]) ?? EvaluationSettings.DefaultFor(p[0]), Asked: p[1]))
            .Where(p => p.Own != p.Asked).Select(p => $"{p.Name} {Abbreviate(p.Own ?? "unknown")}, not {Abbreviate(p.Asked)}").ToList();
        return different.Count == 0 ? null : string.Join("; ", different);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>All options of an attack, as records tell them.</summary>
    private static string DescribeAttack(IAttack attack) => $"{attack.Name} {attack.Threat.Epsilon:R} {attack}";

    private static string Abbreviate(string value) => value.Length > 16 && value.All(char.IsAsciiHexDigitLower) ? value[..8] + "…" : value;
}
