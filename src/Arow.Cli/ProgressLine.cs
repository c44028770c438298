using System.Diagnostics;

namespace Arow.Cli;

/// <summary>
/// Progress on standard error: on a terminal a line or a table that is redrawn, elsewhere and in the log file an occasional line. It is written by
/// the working thread: another thread's garbage collections could free libtorch's temporaries.
/// </summary>
internal sealed class ProgressLine
{
    private const int BarWidth = 20;

    private const string Separator = "  ";

    private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(200), LineInterval = TimeSpan.FromSeconds(30);

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private TimeSpan lastDraw, lastLine;

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
    /// <param name="text">Of as many columns as there are; elsewhere than on a terminal there is no end of them.</param>
    /// <param name="table">What a terminal shows in its place, a row each; null for the text.</param>
    public void Update(Func<int, string> text, Func<int, IEnumerable<string>>? table = null)
    {
        if (Messages.IsTerminal && clock.Elapsed - lastDraw >= DrawInterval)
        {
            lastDraw = clock.Elapsed;
            // The terminal shows Ctrl-C behind the last row, which would otherwise wrap and stay.
            var columns = Columns - "^C".Length;
            Messages.Draw([.. (table?.Invoke(columns) ?? [text(columns)]).Select(row => Truncate(row, columns))]);
        }
        if (clock.Elapsed - lastLine < LineInterval) return;
        lastLine = clock.Elapsed;
        if (!Messages.IsTerminal) Messages.Note(text(int.MaxValue));
        else if (Messages.IsLogged) Messages.Log("progress", text(int.MaxValue));
    }

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

    /// <summary>Truncates a line to one row of the terminal: a wrapped line would leave rows behind.</summary>
    public static string Truncate(string line, int columns) => columns > 1 && line.Length >= columns ? line[..(columns - 1)] : line;

    public static string Bar(double done)
    {
        var full = (int)(Math.Clamp(done, 0, 1) * BarWidth);
        return $"[{new string('#', full)}{new string('.', BarWidth - full)}]";
    }

    /// <summary>The time left at the last progress, less the time since then: it counts down within a batch, which may take long.</summary>
    public static string TimeLeft(TimeSpan left, TimeSpan since) => Time(left > since ? left - since : TimeSpan.Zero);

    /// <summary>Calls of a classifier since the last progress; empty for none.</summary>
    public static string Passes(long queries) => queries > 0 ? $"{queries} passes into the next batch" : "";

    public static string Time(TimeSpan time) => time.TotalHours >= 1
        ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}"
        : $"{time.Minutes}:{time.Seconds:00}";
}
