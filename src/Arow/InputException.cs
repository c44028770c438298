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
        Cut(string.Join("; ", text.Split("; ").Select(fault => Cut(Printable.Text(Cut(fault, LongestFault)), LongestFault))), Longest);

    private static string Cut(string line, int longest) => line.Length <= longest ? line
        : $"{line[..(char.IsHighSurrogate(line[longest - 1]) ? longest - 1 : longest)]}…";
}
