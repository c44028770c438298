using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Arow.Faults.Kills;
using Arow.Faults.Readers;

namespace Arow.Faults;

/// <summary>Tries to break Arow, in ways that can be counted and repeated: see docs/reliability.md.</summary>
internal static class FaultsProgram
{
    private static readonly Option<int> Seed =
        new("--seed") { Description = "decides every input, signal and moment [1]", DefaultValueFactory = _ => 1 };
    private static readonly Option<int?> Tries = new("--tries") { Description = "of each kind [a few]" };
    private static readonly Option<double?> Minutes = new("--minutes") { Description = "for all kinds of a command together, in place of --tries" };
    private static readonly Option<int> First = new("--first") { Description = "number of the first try: a fault names its own [0]" };
    private static readonly Option<string[]> Only =
        new("--only") { Description = "kinds whose names begin so", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<string> Kept =
        new("--keep")
        {
            Description = "folder for what shows a fault [artifacts/faults]", DefaultValueFactory = _ =>
            Path.Combine("artifacts", "faults")
        };

    private static readonly (string Name, string Description, Func<Effort, IEnumerable<Tally>> Try)[] Commands =
    [
        ("readers", "Damaged and hostile files of every kind that Arow reads.", ReaderProcess.Try),
        ("checkpoints", "Damaged checkpoints, and files of a run folder that are damaged, lost or another run's.", DamagedCheckpoints.Try),
        ("bombs", "Small files that unfold to gigabytes: time, memory and words of the command that reads them.", Bombs.Try),
        ("race", "Two and more that want the same folder at the same moment.", Races.Try),
        ("kills", "Every command killed at any moment, begun again, and held against a run that nothing happened to.", Killed.Try),
    ];

    public static int Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (arguments is [ReaderProcess.Verb, ..]) return ReaderProcess.Serve(arguments[1..]);
        if (arguments is [Victims.FetchVerb, ..]) return Victims.Fetch(arguments[1..]);
        var root = new RootCommand("Tries to break Arow; exit code 1 where anything was lost or wrong.");
        foreach (var option in (Option[])[Seed, Tries, Minutes, First, Only, Kept])
        {
            option.Recursive = true;
            root.Add(option);
        }
        foreach (var (name, description, work) in Commands) root.Add(Made(name, description, work));
        root.Add(Made("all", "All of these.", effort => Commands.SelectMany(c => c.Try(effort with { Minutes = effort.Minutes / Commands.Length }))));
        return root.Parse(arguments).Invoke();
    }

    private static Command Made(string name, string description, Func<Effort, IEnumerable<Tally>> work)
    {
        var command = new Command(name, description);
        command.SetAction(parsed =>
        {
            var effort = new Effort(
                parsed.GetValue(Seed), parsed.GetValue(Tries), parsed.GetValue(Minutes), parsed.GetValue(First), parsed.GetValue(Only) ?? [],
                parsed.GetValue(Kept)!);
            var clock = Stopwatch.StartNew();
            var tallies = new List<Tally>();
            foreach (var tally in work(effort))
            {
                Console.Error.WriteLine($"{tally.Kind}: {tally.Tries} tries, {tally.Faults.Count} lost or wrong, {clock.Elapsed.TotalSeconds:0} s");
                tallies.Add(tally);
            }
            if (tallies.Count == 0)
            {
                Console.Error.WriteLine($"no kind of {name} begins with {string.Join(" or ", effort.Only)}");
                return 2;
            }
            Console.WriteLine(Tally.Table(tallies));
            Console.WriteLine($"seed {effort.Seed}, {tallies.Sum(t => t.Tries)} tries in {clock.Elapsed.TotalMinutes:0.0} minutes, "
                + $"{tallies.Sum(t => t.Faults.Count)} lost or wrong");
            foreach (var fault in tallies.SelectMany(t => t.Faults).Take(50)) Console.WriteLine($"  {fault}");
            return tallies.Any(t => t.Faults.Count > 0) ? 1 : 0;
        });
        return command;
    }
}
