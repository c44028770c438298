using System.Diagnostics;

namespace Arow.Cli;

/// <summary>
/// Progress on standard error: on a terminal one line that is redrawn, elsewhere an occasional line. It is written by
/// the working thread: another thread's garbage collections could free libtorch's temporaries.
/// </summary>
internal sealed class ProgressLine
{
    private const int BarWidth = 20;

    private const string Separator = "  ";

    private readonly bool terminal = !Console.IsErrorRedirected;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private TimeSpan last;

    /// <summary>The columns of the terminal; 80 if unknown.</summary>
    public static int Columns
    {
        get
        {
            try
            {
                return Console.WindowWidth is > 0 and var columns ? columns : 80;
            }
            catch (IOException)
            {
                return 80;
            }
        }
    }

    /// <summary>Shows the progress, unless it was shown a moment ago.</summary>
    public void Update(Func<string> text)
    {
        if (clock.Elapsed - last < (terminal ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(30))) return;
        last = clock.Elapsed;
        if (terminal) Console.Error.Write($"\r{Truncate(text(), Columns)}\x1b[K");
        else Console.Error.WriteLine(text());
    }

    /// <summary>The same, of as many columns as there are; elsewhere than on a terminal there is no end of them.</summary>
    public void Update(Func<int, string> text) => Update(() => text(terminal ? Columns : int.MaxValue));

    /// <summary>As many parts of a line as fit into a row, the first ones first; those that do not are left out whole.</summary>
    /// <param name="columns">Of the terminal.</param>
    /// <param name="parts">The most important first; empty ones do not count.</param>
    public static string Fit(int columns, IEnumerable<string> parts)
    {
        var line = "";
        foreach (var part in parts.Where(part => part.Length > 0))
        {
            if (line.Length == 0) line = part;
            else if (line.Length + Separator.Length + part.Length < columns) line += Separator + part;
            else break;
        }
        return line;
    }

    /// <summary>Prints a permanent line.</summary>
    public void WriteLine(string text) => Console.Error.WriteLine(terminal ? $"\r{text}\x1b[K" : text);

    /// <summary>Clears the progress line.</summary>
    public void Clear()
    {
        if (terminal) Console.Error.Write("\r\x1b[K");
    }

    /// <summary>Truncates a line to one row of the terminal: a wrapped line would leave rows behind.</summary>
    public static string Truncate(string line, int columns) => columns > 1 && line.Length >= columns ? line[..(columns - 1)] : line;

    public static string Bar(double done)
    {
        var full = (int)(Math.Clamp(done, 0, 1) * BarWidth);
        return $"[{new string('#', full)}{new string('.', BarWidth - full)}]";
    }

    public static string Time(TimeSpan time) => time.TotalHours >= 1
        ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}"
        : $"{time.Minutes}:{time.Seconds:00}";
}
