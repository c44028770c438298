using System.Globalization;
using System.Text;

namespace Arow.Errors;

/// <summary>Makes text of unknown origin, such as a file name, fully visible and harmless to terminals.</summary>
internal static class Printable
{
    /// <summary>
    /// Escapes invisible characters: line breaks and other control characters, zero-width letters, changes of the writing
    /// direction, unpaired surrogates.
    /// </summary>
    public static string Escape(string text) => text.EnumerateRunes().All(IsVisible) && !text.Any(char.IsSurrogate) ? text : EscapeInvisible(text);

    /// <summary>Shortens a name of unknown origin to 80 characters, with ? in place of control characters.</summary>
    public static string Shorten(string name) => new([.. name.Take(80).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);

    private static string EscapeInvisible(string text)
    {
        var shown = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var whole = Rune.TryGetRuneAt(text, at, out var rune);
            if (whole && IsVisible(rune)) shown.Append(rune);
            else shown.Append(CultureInfo.InvariantCulture, $"{(whole && !rune.IsBmp ? $"\\U{rune.Value:x8}" : $"\\u{(int)text[at]:x4}")}");
            at += whole ? rune.Utf16SequenceLength : 1;
        }
        return shown.ToString();
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);
}
