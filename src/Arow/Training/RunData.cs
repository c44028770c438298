using System.Text.Json.Serialization;
using Arow.Data;
using Arow.Evaluation;

namespace Arow.Training;

/// <summary>The data that a run started with, kept in its run file: a run resumes only with the same data.</summary>
/// <param name="Training">The training images, including the validation split.</param>
/// <param name="Test">The images of the evaluation at the end; null for a run of a study, whose evaluations keep their own.</param>
internal sealed record RunData(DataIdentity Training, DataIdentity? Test = null)
{
    /// <summary>The selecting images if the data set has a separate validation set; null if they are training images.</summary>
    public DataIdentity? Validation { get; init; }

    /// <summary>The extra images; null for none.</summary>
    public DataIdentity? Extra { get; init; }

    /// <summary>SHA-256 of the weights of the given helper; null for none.</summary>
    public string? Helper { get; init; }

    /// <summary>SHA-256 of the initial weights; null for random ones.</summary>
    public string? Init { get; init; }

    /// <summary>All sets of images.</summary>
    internal IEnumerable<DataIdentity> All => new[] { Training, Test, Validation, Extra }.OfType<DataIdentity>();

    /// <summary>Computes the identity of loaded data.</summary>
    /// <param name="training">The training images, before the validation split.</param>
    /// <param name="test">The images of the evaluation at the end; null if none follows.</param>
    /// <param name="extra">The extra images; null for none.</param>
    /// <param name="helper">The weights file of the helper; null for none.</param>
    public static RunData Create(DataIdentity training, DataIdentity? test, ImageSet? extra, string? helper) => new(training, test)
    {
        Extra = extra is null ? null : DataIdentity.Compute(extra),
        Helper = helper is null ? null : EvaluationRun.HashFile(helper),
    };

    /// <summary>Describes how the present data differ; null if they are the same.</summary>
    /// <param name="now">The present data.</param>
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
