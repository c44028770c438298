using System.Text.Json.Serialization;
using Arow.Data;
using Arow.Evaluation;

namespace Arow.Training;

/// <summary>The data that a run was begun with, as its run file keeps them: a run goes on with the same data or not at all.</summary>
/// <param name="Training">The training images, those set aside for validation included.</param>
/// <param name="Test">The images of the evaluation at the end; null for a run of a study, whose evaluations keep their own.</param>
internal sealed record RunData(DataIdentity Training, DataIdentity? Test = null)
{
    /// <summary>The images that choose the weights where the data set has them apart; null where training images do.</summary>
    public DataIdentity? Validation { get; init; }

    /// <summary>Images that are mixed in; null for none.</summary>
    public DataIdentity? Extra { get; init; }

    /// <summary>SHA-256 of the weights of the helper that was given; null for none.</summary>
    public string? Helper { get; init; }

    /// <summary>SHA-256 of the weights that training began with; null for fresh ones.</summary>
    public string? Init { get; init; }

    /// <summary>Every set of it.</summary>
    internal IEnumerable<DataIdentity> All => new[] { Training, Test, Validation, Extra }.OfType<DataIdentity>();

    /// <summary>The identity of what was loaded.</summary>
    /// <param name="training">The training images, before any are set aside for validation.</param>
    /// <param name="test">The images of the evaluation at the end; null if none follows.</param>
    /// <param name="extra">Images that are mixed in; null for none.</param>
    /// <param name="helper">Weights file of the helper; null for none.</param>
    public static RunData Create(DataIdentity training, DataIdentity? test, ImageSet? extra, string? helper) => new(training, test)
    {
        Extra = extra is null ? null : DataIdentity.Compute(extra),
        Helper = helper is null ? null : EvaluationRun.HashFile(helper),
    };

    /// <summary>What differs in the data that there are now; null if they are the same.</summary>
    /// <param name="now">The data that there are now.</param>
    public string? DescribeDifference(RunData now)
    {
        (string Name, string? Fault)[] parts =
        [
            ("training images", Training.DescribeDifference(now.Training)),
            ("test images", Test is null || now.Test is null ? null : Test.DescribeDifference(now.Test)),
            ("validation images", Validation is null || now.Validation is null ? null : Validation.DescribeDifference(now.Validation)),
            ("extra-data", Extra is null || now.Extra is null ? null : Extra.DescribeDifference(now.Extra)),
            ("init", Init is null || now.Init is null || Init == now.Init ? null : "other weights"),
            ("helper", Helper is null || now.Helper is null || Helper == now.Helper ? null : "other weights"),
        ];
        string[] faults = [.. parts.Where(p => p.Fault is not null).Select(p => $"{p.Name}: {p.Fault}")];
        return faults.Length == 0 ? null : string.Join("; ", faults);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunData))]
internal sealed partial class RunDataJson : JsonSerializerContext;
