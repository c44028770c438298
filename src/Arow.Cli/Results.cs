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

    /// <summary>Writes a text beside its head, below which nothing of it stands.</summary>
    /// <param name="head">With the spaces that follow it.</param>
    /// <param name="text">The text.</param>
    public static void WriteBeside(string head, string text)
    {
        foreach (var (i, line) in Lines(text, head.Length).Index()) Console.WriteLine((i == 0 ? head : new string(' ', head.Length)) + line);
    }

    private static IEnumerable<string> Lines(string text, int indent = 0) =>
        Console.IsOutputRedirected || text.Length == 0 ? [text] : TextWrap.Fill(text, ProgressLine.Columns - 1 - indent);
}
