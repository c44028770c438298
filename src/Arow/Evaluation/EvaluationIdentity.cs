using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Arow.Attacks;
using Arow.Data;
using Arow.Options;
using Arow.Runtime;

namespace Arow.Evaluation;

/// <summary>
/// The identity of an evaluation: two with the same identity have the same rows. Resuming needs the same identity, including the
/// batch size, which affects the last bits of a sum.
/// </summary>
/// <param name="Parts">Names and values, in the order in which differences are reported.</param>
internal sealed record EvaluationIdentity(IReadOnlyList<string[]> Parts)
{
    /// <summary>
    /// The environment at the start; null in journals of older versions. In others, only the last digits of margins differ, so
    /// it is not part of the identity.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ComputeEnvironment? Environment { get; init; }

    /// <summary>Creates the identity of an evaluation.</summary>
    /// <param name="model">The architecture and all else that affects the function of the weights.</param>
    /// <param name="weights">Hash of the weights file.</param>
    /// <param name="images">The images.</param>
    /// <param name="attacks">The attacks in order, with their budgets.</param>
    /// <param name="options">Other options that affect the rows; its precision is the resolved one, exact or fast.</param>
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
            ["device", EnumName.ToName(images.Device.type)],
        ])
        {
            Environment = ComputeEnvironment.Current(images.Device.type),
        };

    /// <summary>Whether it has names and values without duplicate names; after reading from a file it may not.</summary>
    internal bool IsValid => Parts is not null && Parts.All(p => p is [not null, not null]) && Parts.DistinctBy(p => p[0]).Count() == Parts.Count;

    /// <summary>Describes the differences: "epsilon 8/255, not 4/255"; null if there are none.</summary>
    /// <param name="requested">The requested identity.</param>
    public string? DescribeDifference(EvaluationIdentity requested)
    {
        var own = Parts.ToDictionary(p => p[0], p => p[1]);
        // Evaluations from before an option existed have its default.
        var different = requested.Parts.Select(p =>
            (Name: p[0], Own: own.GetValueOrDefault(p[0]) ?? EvaluationSettings.DefaultFor(p[0]), Asked: p[1]))
            .Where(p => p.Own != p.Asked).Select(p => $"{p.Name} {Abbreviate(p.Own ?? "unknown")}, not {Abbreviate(p.Asked)}").ToList();
        return different.Count == 0 ? null : string.Join("; ", different);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Formats all options of an attack, as in its record.</summary>
    private static string DescribeAttack(IAttack attack) => $"{attack.Name} {attack.Threat.Epsilon:R} {attack}";

    private static string Abbreviate(string value) => value.Length > 16 && value.All(char.IsAsciiHexDigitLower) ? value[..8] + "…" : value;
}
