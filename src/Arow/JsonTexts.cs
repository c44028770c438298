using System.Text.Json;

namespace Arow;

/// <summary>Texts of a JSON document: they are decoded only when they are asked for, and half a character in one comes out then.</summary>
internal static class JsonTexts
{
    /// <summary>Whether all texts in a value, names of properties included, are Unicode.</summary>
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
