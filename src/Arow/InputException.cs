namespace Arow;

/// <summary>
/// The user's input is wrong: a file, a name, an option. The message is one line that says what is wrong and what would
/// be right; the program prints it and exits with 2. Nothing has been written when it is thrown.
/// </summary>
/// <param name="message">What it says; files may be quoted in it as they are.</param>
/// <param name="inner">What came before.</param>
public sealed class InputException(string message, Exception? inner = null) : Exception(OneLine(message), inner)
{
    private const int Longest = 2000;

    /// <summary>A file that is quoted can hold anything: line breaks, what steers a terminal, a megabyte.</summary>
    private static string OneLine(string text)
    {
        var line = string.Create(Math.Min(text.Length, Longest), text, (place, all) =>
        {
            for (var i = 0; i < place.Length; i++) place[i] = IsPlain(all, i) ? all[i] : '?';
        });
        return text.Length > Longest ? $"{line}…" : line;

        static bool IsPlain(string all, int i) =>
            !char.IsControl(all[i]) && all[i] is not ('\u2028' or '\u2029')
            && (!char.IsSurrogate(all[i]) || char.IsSurrogatePair(all, char.IsHighSurrogate(all[i]) ? i : Math.Max(0, i - 1)));
    }
}
