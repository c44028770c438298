using System.CommandLine;
using Arow.Options;

namespace Arow.Cli;

/// <summary>Rows of a table of options as options of a command.</summary>
internal sealed class SettingOptions<TOptions>(IEnumerable<Setting<TOptions>> settings) where TOptions : class, new()
{
    private readonly List<(string Name, Option<string?> Option)> options = [.. settings.Select(s => (s.Name, new Option<string?>($"--{s.Name}")
    {
        Description = s.Help,
        HelpName = s.Expects,
        Arity = s.IsFlag ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    }))];

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command) => options.ForEach(o => command.Add(o.Option));

    /// <summary>The names and values that were given; a flag without a value is true.</summary>
    public List<(string Name, string Value)> Given(ParseResult parsed) =>
    [
        .. options.Where(o => parsed.GetResult(o.Option) is { Implicit: false }).Select(o => (o.Name, parsed.GetValue(o.Option) ?? "true")),
    ];
}
