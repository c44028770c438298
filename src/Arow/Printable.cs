using System.Globalization;
using System.Text;

namespace Arow;

/// <summary>Text of unknown origin, such as a file's name, in a form that shows all that is in it and steers no terminal.</summary>
public static class Printable
{
    /// <summary>
    /// The text with whatever cannot be seen as an escape: line breaks and other control characters, letters of no width,
    /// those that turn the direction of writing, halves of surrogate pairs.
    /// </summary>
    public static string Text(string text) => text.EnumerateRunes().All(IsVisible) && !text.Any(char.IsSurrogate) ? text : Escaped(text);

    private static string Escaped(string text)
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
