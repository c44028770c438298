using System.Text.Json;
using System.Text.Json.Serialization;
using Arow.IO;

namespace Arow.Studies;

/// <summary>The end of a run's training, as <c>selected.json</c> in its folder says it: what was selected, and by what.</summary>
/// <param name="Epochs">Epochs that were trained.</param>
/// <param name="Epoch">The one whose weights were selected.</param>
/// <param name="Clean">Their clean accuracy on the validation images, in [0, 1]; null without such images.</param>
/// <param name="Robust">Their robust accuracy there, under PGD-10; null where training knows no attack.</param>
internal sealed record SelectionRecord(int Epochs, int Epoch, double? Clean, double? Robust)
{
    /// <summary>SHA-256 of the weights files that training left, by their names; null where an older version wrote it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? WeightsSha256 { get; init; }

    /// <summary>What settings are chosen by: robust accuracy, as epochs are.</summary>
    [JsonIgnore]
    public double? Score => Robust ?? Clean;

    private const int MaximumLength = 1 << 16;

    private bool IsValid => Epoch >= 1 && Epoch <= Epochs && Clean is not (< 0 or > 1) && Robust is not (< 0 or > 1);

    internal string ToJson() => JsonSerializer.Serialize(this, SelectionRecordJson.Default.SelectionRecord) + "\n";

    /// <summary>Null if the training has not ended.</summary>
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
            throw new InputException($"{path}: does not say what was selected; without the file the run is gone on with", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SelectionRecord))]
internal sealed partial class SelectionRecordJson : JsonSerializerContext;
