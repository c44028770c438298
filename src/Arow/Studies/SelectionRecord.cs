using System.Text.Json;
using System.Text.Json.Serialization;
using Arow.IO;

namespace Arow.Studies;

/// <summary>The selection at the end of a run's training: <c>selected.json</c> in its folder.</summary>
/// <param name="Epochs">The trained epochs.</param>
/// <param name="Epoch">The epoch of the selected weights.</param>
/// <param name="Clean">Their clean accuracy on the validation images, in [0, 1]; null without such images.</param>
/// <param name="Robust">Their robust accuracy there, under PGD-10; null if training uses no attack.</param>
internal sealed record SelectionRecord(int Epochs, int Epoch, double? Clean, double? Robust)
{
    /// <summary>SHA-256 of the weights files of the training, by name; null in files of older versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? WeightsSha256 { get; init; }

    /// <summary>The validation score that selects settings: robust accuracy, as for epochs.</summary>
    [JsonIgnore]
    public double? Score => Robust ?? Clean;

    private const int MaximumLength = 1 << 16;

    private bool IsValid => Epoch >= 1 && Epoch <= Epochs && Clean is not (< 0 or > 1) && Robust is not (< 0 or > 1);

    internal string ToJson() => JsonSerializer.Serialize(this, SelectionRecordJson.Default.SelectionRecord) + "\n";

    /// <summary>Reads the record; null if the training is not complete.</summary>
    internal static SelectionRecord? Read(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize(RegularFile.ReadAllText(path, MaximumLength),
                SelectionRecordJson.Default.SelectionRecord) is { IsValid: true } selected
                ? selected : throw new JsonException("out of range");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: is damaged; without the file the run resumes", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SelectionRecord))]
internal sealed partial class SelectionRecordJson : JsonSerializerContext;
