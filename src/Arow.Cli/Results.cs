namespace Arow.Cli;

/// <summary>Sentences of results on standard output: broken between words on a terminal, a line each elsewhere, where programs read them.</summary>
internal static class Results
{
    /// <summary>Writes a sentence.</summary>
    public static void Write(string text)
    {
        foreach (var line in Lines(text)) Console.WriteLine(line);
    }

    /// <summary>Writes the number that matters, so that it stands out.</summary>
    public static void WriteHeadline(string text)
    {
        foreach (var line in Lines(text)) Console.WriteLine(Ansi.Headline(line));
    }

    private static IEnumerable<string> Lines(string text) =>
        Console.IsOutputRedirected || text.Length == 0 ? [text] : TextWrap.Fill(text, ProgressLine.Columns - 1);
}
