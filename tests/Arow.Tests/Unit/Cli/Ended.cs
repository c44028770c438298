using System.IO.Compression;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Arow.Cli;
using Spectre.Console;

namespace Arow.Tests.Unit.Cli;

/// <summary>What a command line came to, run within this process: to start one takes longer than a small command does.</summary>
/// <param name="Folder">What it was to write into.</param>
/// <param name="Code">The exit code.</param>
/// <param name="Output">Standard output, without the name of the folder.</param>
/// <param name="Faults">Of standard error what is not progress, likewise.</param>
/// <param name="Threads">Of libtorch at the end.</param>
internal sealed record Ended(string Folder, int Code, string Output, string Faults, int Threads)
{
    /// <summary>All of standard error, likewise.</summary>
    public string Told { get; private init; } = "";

    private static readonly MethodInfo Main = typeof(Commands).Assembly.EntryPoint!;

    public static Ended Of(string folder, params string[] words)
    {
        var (output, error, terminal, wording) = (Console.Out, Console.Error, AnsiConsole.Console, Wording.Current);
        using StringWriter said = new(), told = new();
        try
        {
            Console.SetOut(said);
            Console.SetError(told);
            AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(said) });
            var code = (int)Main.Invoke(null, [words])!;
            var faults = told.ToString().Split('\n').Where(line => line.StartsWith("arow: ", StringComparison.Ordinal));
            return new Ended(folder, code, Nameless(said.ToString()), Nameless(string.Join('\n', faults)),
                get_num_threads())
            { Told = Nameless(told.ToString()) };
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
            AnsiConsole.Console = terminal;
            Wording.Current = wording;
            set_num_threads(BeforeAllTests.Threads);
        }

        string Nameless(string text) => text.Replace(folder, "FOLDER", StringComparison.Ordinal);
    }

    /// <summary>Runs a command line in a folder: it is refused with exit code 2 and one line, and leaves the folder as it was.</summary>
    public static void AssertRefused(string folder, string command, params string[] says)
    {
        var before = Directory.GetCurrentDirectory();
        var entries = Entries();
        Directory.SetCurrentDirectory(folder);
        try
        {
            var ended = Of(folder, command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal(2, ended.Code);
            var line = Assert.Single(ended.Told.TrimEnd('\n').Split('\n'));
            Assert.StartsWith("arow: ", line);
            foreach (var word in says) Assert.Contains(word, line);
            Assert.DoesNotContain("   at ", line);
            Assert.Distinct(line.Split("; "));
            Assert.Equal(entries, Entries());
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }

        string[] Entries() => [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }

    /// <summary>A part of it that depends on nothing but what was asked, and not on the time that it took.</summary>
    /// <param name="where">
    /// exit, output, the last line of it, threads; or a file in the folder, of which a space may part the path of a property
    /// or the name of a record.
    /// </param>
    public string See(string where)
    {
        if (where == "exit") return $"{Code} {Faults}";
        Assert.True(Code == 0, Faults);
        if (where == "output") return Output;
        if (where == "last line") return Output.TrimEnd().Split('\n')[^1];
        if (where == "threads") return $"{Threads}";
        var (file, part) = where.Split(' ') is [var name, var within] ? (name, within) : (where, "");
        var path = Path.Combine(Folder, file);
        return Path.GetExtension(path) switch
        {
            ".json" => part.Split('.')
                .Aggregate(JsonNode.Parse(File.ReadAllBytes(path)), (node, key) =>
                    int.TryParse(key, out var place) ? node![place] : node![key])?.ToJsonString() ?? "null",
            ".npz" => Record(path, part),
            _ => Encoding.Latin1.GetString(File.ReadAllBytes(path)),
        };
    }

    private static string Record(string path, string name)
    {
        using var archive = ZipFile.OpenRead(path);
        using var record = new StreamReader(archive.GetEntry(name)!.Open(), Encoding.Latin1);
        return record.ReadToEnd();
    }
}
