namespace Arow.Errors;

/// <summary>
/// Invalid input: a file, a name, a setting. The message is one line with the error and a remedy, in the words of <see cref="Wording"/>;
/// the program prints it and exits with code 2. Nothing has been written when it is thrown.
/// </summary>
/// <param name="message">The message; it may quote files verbatim.</param>
/// <param name="inner">The cause.</param>
public sealed class InputException(string message, Exception? inner = null) : Exception(OneLine(message), inner)
{
    /// <summary>Maximum length of one error; errors are separated by "; ", so that one cannot crowd out the others.</summary>
    private const int MaximumErrorLength = 2000;

    /// <summary>Maximum length of all errors: as many as a run file or a study can have.</summary>
    private const int MaximumLength = 50 * MaximumErrorLength;

    /// <summary>Quoted files may contain anything: line breaks, terminal escapes, a megabyte of text.</summary>
    private static string OneLine(string text) =>
        Truncate(string.Join("; ",
            text.Split("; ").Select(fault => Truncate(Printable.Escape(Truncate(fault, MaximumErrorLength)), MaximumErrorLength))), MaximumLength);

    private static string Truncate(string line, int longest) => line.Length <= longest ? line
        : $"{line[..(char.IsHighSurrogate(line[longest - 1]) ? longest - 1 : longest)]}…";
}
