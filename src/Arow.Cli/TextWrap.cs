namespace Arow.Cli;

/// <summary>Text in lines of a given width.</summary>
internal static class TextWrap
{
    private const int Gap = 2, NarrowestText = 24;

    /// <summary>Paragraphs, filled anew; lines that are laid out by spaces, as examples are, begin anew where they are too long.</summary>
    /// <param name="text">With line breaks.</param>
    /// <param name="columns">Of the terminal.</param>
    public static IEnumerable<string> Paragraphs(string text, int columns)
    {
        var paragraph = new List<string>();
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n').Append(""))
        {
            var verbatim = line.StartsWith(' ') || line.Contains("  ", StringComparison.Ordinal);
            if (line.Length > 0 && !verbatim)
            {
                paragraph.Add(line);
                continue;
            }
            foreach (var filled in Fill(string.Join(' ', paragraph), columns - 1)) yield return filled;
            paragraph.Clear();
            if (verbatim)
            {
                var indent = line.Length - line.TrimStart().Length;
                var parts = Fill(line.Trim(), columns - 1 - indent - 4).ToList();
                // A command that goes on in the next line: shells read it as one.
                foreach (var (i, part) in parts.Index())
                    yield return new string(' ', i == 0 ? indent : indent + 2) + part + (i < parts.Count - 1 ? " \\" : "");
            }
            else
            {
                yield return "";
            }
        }
    }

    /// <summary>Terms and what they mean, in two columns.</summary>
    /// <param name="rows">Of the table.</param>
    /// <param name="columns">Of the terminal.</param>
    public static IEnumerable<string> Table(IReadOnlyList<(string Term, string Text)> rows, int columns)
    {
        var widest = Math.Max(8, Math.Min(columns * 2 / 5, columns - NarrowestText) - 2 * Gap);
        var left = rows.Select(r => r.Term.Length).Where(length => length <= widest).DefaultIfEmpty(8).Max();
        foreach (var (term, text) in rows)
        {
            var parts = Fill(text, columns - left - 2 * Gap - 1).ToList();
            var indent = new string(' ', Gap);
            if (term.Length > left)
            {
                foreach (var part in Fill(term, columns - 1 - Gap)) yield return indent + part;
            }
            else
            {
                yield return $"{indent}{term.PadRight(left)}{indent}{parts.FirstOrDefault("")}".TrimEnd();
                parts = [.. parts.Skip(1)];
            }
            foreach (var part in parts) yield return new string(' ', left + 2 * Gap) + part;
        }
    }

    /// <summary>Lines of at most so many characters; words that are longer are cut.</summary>
    public static IEnumerable<string> Fill(string text, int width)
    {
        width = Math.Max(width, 1);
        var line = text;
        while (line.Length > width)
        {
            var cut = line.LastIndexOf(' ', width);
            if (cut > 0 && line[..cut].Trim().Length > 0)
            {
                yield return line[..cut].TrimEnd();
                line = line[(cut + 1)..].TrimStart();
                continue;
            }
            var end = line.LastIndexOfAny(['|', ',', '/'], width - 1) is > 0 and var at ? at + 1 : width;
            yield return line[..end];
            line = line[end..];
        }
        if (line.Length > 0) yield return line;
    }
}
