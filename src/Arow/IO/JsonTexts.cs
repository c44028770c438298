using System.Text.Json;

namespace Arow.IO;

/// <summary>Checks the strings of a JSON document, which are decoded only on access: unpaired surrogates throw only then.</summary>
internal static class JsonTexts
{
    /// <summary>Whether all strings in a value, property names included, are valid Unicode.</summary>
    public static bool AreUnicode(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => IsUnicode(() => value.GetString()),
        JsonValueKind.Array => value.EnumerateArray().All(AreUnicode),
        JsonValueKind.Object => value.EnumerateObject().All(property => IsUnicode(() => property.Name) && AreUnicode(property.Value)),
        _ => true,
    };

    private static bool IsUnicode(Func<string?> read)
    {
        try
        {
            read();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
