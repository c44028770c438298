using System.Text;

namespace Arow.Cli;

/// <summary>Standard output whose lines are logged too.</summary>
/// <param name="inner">Where the text goes.</param>
/// <param name="log">Called with every complete line.</param>
internal sealed class LoggedWriter(TextWriter inner, Action<string> log) : TextWriter
{
    private readonly StringBuilder line = new();

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        inner.Write(value);
        Collect([value]);
    }

    public override void Write(string? value)
    {
        inner.Write(value);
        Collect(value);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        inner.Write(buffer, index, count);
        Collect(buffer.AsSpan(index, count));
    }

    public override void Flush() => inner.Flush();

    private void Collect(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c != '\n')
            {
                line.Append(c);
                continue;
            }
            log(line.ToString().TrimEnd('\r'));
            line.Clear();
        }
    }
}
