using System.CommandLine;

namespace Arow.Cli;

/// <summary>The options of commands that take long: how much they say, and a log file.</summary>
internal static class MessageOptions
{
    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "print only results and errors" };

    private static readonly Option<bool> Verbose = new("--verbose", "-v")
    {
        Description = "also print what is measured and chosen: libtorch, threads, kernels, precision, caches, checkpoints",
    };

    private static readonly Option<string?> LogFile = new("--log-file")
    {
        HelpName = "FILE", Description = "append every line to FILE, with its time, as with --verbose, without colours and redrawn progress",
    };

    /// <summary>Adds them to a command.</summary>
    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[Quiet, Verbose, LogFile]) command.Add(option);
    }

    /// <summary>Does what they say, before the command begins.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="words">As it was given.</param>
    /// <exception cref="InputException">They exclude each other, or the file cannot be written.</exception>
    public static void Apply(ParseResult parsed, string[] words)
    {
        if (!parsed.CommandResult.Command.Options.Contains(LogFile)) return;
        var (quiet, verbose, file) = (parsed.GetValue(Quiet), parsed.GetValue(Verbose), parsed.GetValue(LogFile));
        if (quiet && verbose) throw new InputException("--quiet and --verbose exclude each other");
        Messages.Configure(quiet ? Verbosity.Quiet : verbose ? Verbosity.Verbose : Verbosity.Normal, file);
        Messages.Log("begin", $"arow {Runtime.Provenance.Version}: {string.Join(' ', words)}");
        if (verbose || file is not null) EventMessages.Listen();
    }
}
