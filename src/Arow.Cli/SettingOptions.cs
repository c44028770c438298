using System.CommandLine;
using Arow.Options;

namespace Arow.Cli;

/// <summary>Rows of a table of options as options of a command.</summary>
internal sealed class SettingOptions<TOptions>(IEnumerable<Setting<TOptions>> settings) where TOptions : class, new()
{
    private readonly List<(Setting<TOptions> Setting, Option Option)> options = [.. settings.Select(s => (s, CreateOption(s)))];

    /// <summary>The rows.</summary>
    public IEnumerable<Setting<TOptions>> Rows => options.Select(o => o.Setting);

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command) => options.ForEach(o => command.Add(o.Option));

    /// <summary>Returns the specified names and values; a flag without a value is true.</summary>
    public List<(string Name, string Value)> GetSpecified(ParseResult parsed) =>
    [
        .. options.Where(o => parsed.GetResult(o.Option) is { Implicit: false })
            .Select(o => (o.Setting.Name,
                o.Option is Option<bool> flag ? parsed.GetValue(flag) ? "true" : "false" : parsed.GetValue((Option<string?>)o.Option)!)),
    ];

    /// <summary>Returns the options with the specified values; errors are added to a list.</summary>
    public TOptions Read(ParseResult parsed, TOptions start, List<string> problems)
    {
        var rows = Rows.ToList();
        var read = GetSpecified(parsed).Aggregate(start, (o, given) => rows.Apply(o, given.Name, given.Value, "--", problems));
        problems.AddRange(rows.Validate(read).Select(fault => $"--{fault}"));
        return read;
    }

    private static Option CreateOption(Setting<TOptions> setting)
    {
        var name = $"--{setting.Name}";
        if (setting.IsFlag) return new GroupedOption<bool>(name, setting.Group) { Description = setting.Help, HelpName = setting.ValueName };
        var option = new GroupedOption<string?>(name, setting.Group) { Description = setting.Help, HelpName = setting.ValueName };
        if ((setting.Values ?? setting.ValueList) is { Count: > 0 } values) option.CompletionSources.Add([.. values]);
        return option;
    }
}
