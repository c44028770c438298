namespace Arow;

/// <summary>
/// The user's input is wrong: a file, a name, an option. The message is one line that says what is wrong and what would
/// be right; the program prints it and exits with 2. Nothing has been written when it is thrown.
/// </summary>
/// <param name="message">What it says; files may be quoted in it as they are.</param>
/// <param name="inner">What came before.</param>
public sealed class InputException(string message, Exception? inner = null) : Exception(OneLine(message), inner)
{
    /// <summary>Of one fault; the "; " between them keeps each from taking the place of the others.</summary>
    private const int LongestFault = 2000;

    /// <summary>Of all of them: as much as a run file or a study with everything wrong comes to.</summary>
    private const int Longest = 50 * LongestFault;

    /// <summary>A file that is quoted can hold anything: line breaks, what steers a terminal, a megabyte.</summary>
    private static string OneLine(string text) =>
        Cut(string.Join("; ", text.Split("; ").Select(fault => Cut(Plain(fault), LongestFault))), Longest);

    private static string Cut(string line, int longest) => line.Length <= longest ? line
        : $"{line[..(char.IsHighSurrogate(line[longest - 1]) ? longest - 1 : longest)]}…";

    private static string Plain(string text)
    {
        return string.Create(Math.Min(text.Length, LongestFault + 1), text, (place, all) =>
        {
            for (var i = 0; i < place.Length; i++) place[i] = IsPlain(all, i) ? all[i] : '?';
        });

        static bool IsPlain(string all, int i) =>
            !char.IsControl(all[i]) && all[i] is not ('\u2028' or '\u2029')
            && (!char.IsSurrogate(all[i]) || char.IsSurrogatePair(all, char.IsHighSurrogate(all[i]) ? i : Math.Max(0, i - 1)));
    }
}
