using System.Globalization;
using System.Text;

namespace Arow.Reports;

/// <summary>Text in LaTeX.</summary>
internal static class Latex
{
    /// <summary>
    /// A command that <see cref="Escape(string)"/> may use, for the head of a file. pdfLaTeX knows no characters but Latin ones and stops at others:
    /// it shows their numbers; LuaLaTeX and XeLaTeX show the characters, if the font has them.
    /// </summary>
    public const string Preamble = """\providecommand{\arowcharacter}[1]{\ifdefined\Umathchar\char"#1\relax\else U+#1\fi}""";

    /// <summary>Latin letters that the font encoding of pdfLaTeX (OT1, unless another is chosen) cannot make.</summary>
    private const string Missing = "ÐÞðþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲųſ";

    /// <summary>
    /// Escapes plain text to one line, anywhere in a table: characters with a meaning, those that the fonts show as others, pairs that become
    /// one sign, and what would be an argument of the line break before it.
    /// </summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        var last = default(Rune);
        foreach (var rune in Printable.Escape(text).EnumerateRunes())
        {
            if (rune == last && rune.Value is ('-' or ',' or '\'')) escaped.Append("{}");
            escaped.Append(EscapeRune(rune));
            last = rune;
        }
        return escaped.ToString();
    }

    private static string EscapeRune(Rune rune) => rune.Value switch
    {
        '{' or '}' or '$' or '&' or '#' or '_' or '%' => $"\\{rune}",
        '\\' => "\\textbackslash{}",
        '~' => "\\textasciitilde{}",
        '^' => "\\textasciicircum{}",
        '<' => "\\textless{}",
        '>' => "\\textgreater{}",
        '|' => "\\textbar{}",
        '"' => "{\\char34}",
        '[' or '*' or '`' => $"{{{rune}}}",
        '∞' => "$\\infty$",
        'ε' => "$\\varepsilon$",
        < 0x7f => rune.ToString(),
        >= 0xc0 and < 0x180 when !Missing.Contains((char)rune.Value) => rune.ToString(),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\arowcharacter{{{rune.Value:X}}}"),
    };
}
