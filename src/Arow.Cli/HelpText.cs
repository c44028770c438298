using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Arow.Options;

namespace Arow.Cli;

/// <summary>The help of a command: what is used daily first, the rest in groups, as wide as the terminal.</summary>
internal static class HelpText
{
    /// <summary>Longer lines are hard to read.</summary>
    private const int WidestLine = 120;

    /// <summary>Options that come first in the help of commands that have many, at most ten.</summary>
    internal static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> DailyOptions = new Dictionary<string, IReadOnlyList<string>>
    {
        ["train"] =
        [
            "--dataset", "--data-dir", "--model", "--objective", "--lambda", "--epsilon", "--epochs", "--batch-size", "--output", "--resume",
        ],
        ["evaluate"] =
        [
            "--attack", "--epsilon", "--norm", "--limit", "--dataset", "--data-dir", "--model", "--fail-under", "--output", "--resume",
        ],
        ["analyze"] = ["--attack", "--epsilon", "--limit", "--split", "--against", "--dataset", "--data-dir", "--model", "--output"],
    };

    /// <summary>Writes the help of a command to standard output.</summary>
    public static void Print(Command command) =>
        Console.Write(Format(command, Math.Min(Console.IsOutputRedirected ? 80 : ProgressLine.Columns, WidestLine)));

    /// <summary>The help of a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="columns">Of the terminal.</param>
    public static string Format(Command command, int columns)
    {
        List<string> lines = [.. TextWrap.Paragraphs(command.Description ?? "", columns), $"Usage: {Usage(command)}"];
        AddSection("Arguments", command.Arguments.Where(a => !a.Hidden).Select(a => (Quoted(a), a.Description ?? "")));
        AddSection("Commands", command.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, (c.Description ?? "").Split('\n')[0])));
        foreach (var (title, options) in Groups(command)) AddSection(title, options.Select(o => (Term(o), Describe(o))));
        if (command.Subcommands.Count > 0) lines.AddRange(["", $"'{Path(command)} COMMAND --help' shows the options of a command."]);
        return string.Concat(lines.Select(line => $"{line}\n"));

        void AddSection(string title, IEnumerable<(string Term, string Text)> rows)
        {
            var all = rows.ToList();
            if (all.Count > 0) lines.AddRange(["", $"{title}:", .. TextWrap.Table(all, columns)]);
        }
    }

    /// <summary>The command with those that it is a part of: "arow data fetch".</summary>
    public static string Path(Command command) =>
        string.Join(' ', command.Parents.OfType<Command>().Select(Path).Append(command.Name));

    private static string Usage(Command command) => string.Join(' ', (IEnumerable<string>)
    [
        Path(command),
        .. command.Arguments.Where(a => !a.Hidden).Select(a => a.Arity.MinimumNumberOfValues == 0 ? $"[{a.Name}]" : Quoted(a)),
        .. command.Subcommands.Count > 0 ? (string[])["COMMAND"] : [],
        "[options]",
    ]);

    private static string Quoted(Argument argument) => $"<{argument.Name}>";

    private static IEnumerable<(string Title, IEnumerable<Option> Options)> Groups(Command command)
    {
        List<Option> all = [.. command.Options.Where(o => !o.Hidden), .. Inherited(command)];
        var daily = DailyOptions.GetValueOrDefault(command.Name, [])
            .Select(name => all.FirstOrDefault(o => o.Name == name)).OfType<Option>().ToList();
        if (daily.Count > 0) yield return ("Common options", daily);
        var rest = all.Except(daily).ToList();
        var grouped = rest.OfType<IGroupedOption>().Select(o => o.Group).Distinct().Count() > 1;
        if (!grouped)
        {
            yield return (daily.Count > 0 ? "More options" : "Options", rest);
            yield break;
        }
        foreach (var group in rest.Where(o => o is IGroupedOption).GroupBy(o => ((IGroupedOption)o).Group).OrderBy(g => g.Key))
            yield return ($"{Title(group.Key)}", group);
        yield return ("Other", rest.Where(o => o is not IGroupedOption));
    }

    private static string Title(SettingGroup group) => group switch
    {
        SettingGroup.Data => "Images",
        SettingGroup.Model => "Model",
        SettingGroup.Method => "Objective",
        SettingGroup.Attack => "Threat model and training attack",
        SettingGroup.Optimizer => "Optimizer and averages",
        SettingGroup.Selection => "Selection and measurement",
        _ => "Machine",
    };

    private static IEnumerable<Option> Inherited(Command command) =>
        command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive && !o.Hidden).Concat(Inherited(p)));

    private static string Term(Option option) =>
        $"{string.Join(", ", option.Aliases.Where(name => name[0] == '-').Append(option.Name))}{(option.HelpName is { } value ? $" <{value}>" : "")}";

    private static string Describe(Option option) => option switch
    {
        HelpOption => "show this help",
        VersionOption => "show the version; 'arow version' shows more",
        _ => option.Description ?? "",
    };

    /// <summary>What <c>--help</c> does.</summary>
    internal sealed class Action : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            Print(parseResult.CommandResult.Command);
            return 0;
        }
    }
}
