namespace Arow.Cli;

/// <summary>
/// Writes everything besides results: to standard error as much as was requested, to the log file all of it. Progress that is redrawn on a
/// terminal makes room for lines that stay.
/// </summary>
internal static class Messages
{
    private static readonly Lock Gate = new();
    private static LogFile? log;
    private static int drawn;

    /// <summary>How much standard error gets.</summary>
    public static Verbosity Verbosity { get; private set; } = Verbosity.Normal;

    /// <summary>Whether standard error is a terminal.</summary>
    public static bool IsTerminal { get; } = !Console.IsErrorRedirected;

    /// <summary>Whether a log file is written.</summary>
    public static bool IsLogged => log is not null;

    /// <summary>Sets how much is written, and opens the log file.</summary>
    /// <param name="verbosity">On standard error.</param>
    /// <param name="file">The log file; null for none.</param>
    /// <exception cref="InputException">It cannot be written.</exception>
    public static void Configure(Verbosity verbosity, string? file)
    {
        Verbosity = verbosity;
        if (file is null) return;
        log = new LogFile(file, line => Write($"arow: {line}", wrap: true, Ansi.Bad));
        Console.SetOut(new LoggedWriter(Console.Out, line => log.Append("result", line)));
    }

    /// <summary>What happens: a line that stays.</summary>
    /// <param name="text">The line.</param>
    /// <param name="wrap">Whether it is broken at the width of a terminal; not where it holds a command to copy.</param>
    /// <param name="colour">Of the line; null for none.</param>
    public static void Note(string text, bool wrap = true, Func<string, string>? colour = null)
    {
        log?.Append("info", text);
        if (Verbosity != Verbosity.Quiet) Write(text, wrap, colour);
    }

    /// <summary>What was measured or chosen.</summary>
    public static void Detail(string text)
    {
        log?.Append("detail", text);
        if (Verbosity == Verbosity.Verbose) Write(text, wrap: true);
    }

    /// <summary>Writes what is skipped, assumed or unexpected, after the program's name.</summary>
    /// <param name="text">The line.</param>
    public static void Warn(string text)
    {
        log?.Append("warning", text);
        if (Verbosity != Verbosity.Quiet) Write($"arow: {text}", wrap: true);
    }

    /// <summary>Writes why the program fails or that it stops, even under <c>--quiet</c>.</summary>
    /// <param name="text">The line.</param>
    /// <param name="wrap">Whether it is broken at the width of a terminal; not where it holds a command to copy.</param>
    /// <param name="colour">Of the line; null for none.</param>
    public static void Error(string text, bool wrap = true, Func<string, string>? colour = null)
    {
        log?.Append("error", text);
        Write(text, wrap, colour);
    }

    /// <summary>Logs what is not for standard error.</summary>
    public static void Log(string kind, string text) => log?.Append(kind, text);

    /// <summary>Shows lines on the terminal until others, or lines that stay, take their place.</summary>
    /// <param name="lines">Each shorter than the terminal is wide.</param>
    public static void Draw(IReadOnlyList<string> lines)
    {
        if (Verbosity == Verbosity.Quiet || !IsTerminal) return;
        lock (Gate)
        {
            // Written over, not erased first: nothing flickers.
            Console.Error.Write($"{Home}{string.Join("\x1b[K\n", lines)}\x1b[J");
            drawn = lines.Count;
        }
    }

    /// <summary>Erases what was drawn.</summary>
    public static void Erase()
    {
        lock (Gate)
        {
            if (drawn > 0) Console.Error.Write($"{Home}\x1b[J");
            drawn = 0;
        }
    }

    /// <summary>Moves the cursor to where the drawn lines begin.</summary>
    private static string Home => drawn switch
    {
        0 => "",
        1 => "\r",
        _ => $"\x1b[{drawn - 1}A\r",
    };

    private static void Write(string text, bool wrap, Func<string, string>? colour = null)
    {
        lock (Gate)
        {
            Erase();
            foreach (var line in wrap && IsTerminal ? TextWrap.Fill(text, ProgressLine.Columns - 1) : [text])
                Console.Error.WriteLine(colour is null ? line : colour(line));
        }
    }
}
