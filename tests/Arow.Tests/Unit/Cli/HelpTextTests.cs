using System.CommandLine;
using Arow.Cli;

namespace Arow.Tests.Unit.Cli;

public sealed class HelpTextTests
{
    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void Every_help_fits_into_the_terminal_and_says_every_option_once(int columns)
    {
        foreach (var command in All(Commands.Create()))
        {
            var lines = HelpText.Format(command, columns).Split('\n');
            Assert.All(lines, line => Assert.True(line.Length < columns, line));
            foreach (var option in command.Options.Where(o => !o.Hidden))
                Assert.Single(lines, line => line.StartsWith("  -", StringComparison.Ordinal) && line.Trim().Split("  ")[0].Split(' ').Contains(option.Name));
        }
    }

    [Fact]
    public void Options_of_daily_use_come_first_and_are_at_most_ten()
    {
        foreach (var (name, daily) in HelpText.DailyOptions)
        {
            var command = Commands.Create().Subcommands.Single(c => c.Name == name);
            Assert.InRange(daily.Count, 1, 10);
            Assert.Empty(daily.Except(command.Options.Select(o => o.Name)));
            var shown = HelpText.Format(command, 80).Split('\n').Where(line => line.StartsWith("  --", StringComparison.Ordinal))
                .Select(line => line.Trim().Split(' ')[0]);
            Assert.Equal(daily, shown.Take(daily.Count));
        }
    }

    [Fact]
    public void Examples_that_are_too_long_are_still_one_command()
    {
        var help = HelpText.Format(Commands.Create().Subcommands.Single(c => c.Name == "evaluate"), 60);
        Assert.Contains("arow evaluate weights.safetensors --dataset cifar10 --data-dir data/cifar10 --fail-under 0.45 --json",
            System.Text.RegularExpressions.Regex.Replace(help, @" \\\n *", " "));
    }

    [Theory]
    [InlineData("help train", "Usage: arow train")]
    [InlineData("help data fetch", "Usage: arow data fetch")]
    [InlineData("help", "Usage: arow COMMAND")]
    public void The_help_command_shows_it(string words, string says) =>
        Assert.Contains(says, Ended.Of("nowhere", words.Split(' ')).See("output"));

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
