using System.Diagnostics;
using System.Text.RegularExpressions;
using Arow.Faults.Readers;

namespace Arow.Tests.Fuzz;

/// <summary>
/// Every reader, a few damaged inputs each: the same ones and the same rules as <c>bench/Arow.Faults readers</c> has by the hundred thousand
/// (docs/reliability.md), within this process, whose memory other tests take too.
/// </summary>
public sealed partial class DamagedFiles : IClassFixture<DamagedFiles.Readers>
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly ReaderSet set;

    public DamagedFiles(Readers readers) => set = readers.Set;

    public static TheoryData<string> Names
    {
        get
        {
            using var set = new ReaderSet();
            return [.. set.All.Select(r => r.Name)];
        }
    }

    [Theory]
    [MemberData(nameof(Names), DisableDiscoveryEnumeration = true)]
    public void Are_read_or_refused_in_one_line(string name)
    {
        const int Good = 6, Damaged = 24;
        var reader = set.All.Single(r => r.Name == name);
        using var folder = new TemporaryFolder();
        var trial = new ReaderTrial(reader, folder.File("input"));
        List<string> faults = [];
        List<bool> refused = [];
        var current = 0;
        // On a thread of its own, so that one without end can be left behind.
        var work = new Thread(() =>
        {
            for (var number = 0; number < Good; number++)
            {
                if (trial.Try(new Spoilage(Effort.Dice(1, name, number), Damages: false)).Refusal is { } why) faults.Add(
                    $"undamaged {number} is refused: {why}");
            }
            for (current = 0; current < Damaged; current++)
            {
                var outcome = trial.Try(ReaderProcess.Input(reader, seed: 1, current));
                refused.Add(outcome.Refusal is not null);
                if (outcome.Fault is not null) faults.Add($"{name} {current}: {outcome.Fault}");
            }
        })
        { IsBackground = true };
        work.Start();
        for (var (seen, clock) = (-1, Stopwatch.StartNew()); !work.Join(TimeSpan.FromSeconds(1));)
        {
            if (seen != current) (seen, clock) = (current, Stopwatch.StartNew());
            Assert.True(clock.Elapsed < Longest, $"{name} {current} comes to no end");
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        // Else nothing behind the first check was tried, or nothing was damaged.
        Assert.Contains(true, refused);
    }

    [Fact]
    public void No_reader_is_forgotten()
    {
        var reached = set.All.SelectMany(r => r.Sources).ToHashSet();
        var sources = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories);
        Assert.Empty(reached.Concat(ReaderSet.Exempt.Keys).Except(sources.Select(path => Path.GetFileName(path))));
        foreach (var path in sources)
        {
            if (!OpensFiles().IsMatch(File.ReadAllText(path))) continue;
            var name = Path.GetFileName(path);
            Assert.True(reached.Contains(name) || ReaderSet.Exempt.ContainsKey(name),
                $"{name} opens files: a reader in bench/Arow.Faults/Readers has to reach it, or ReaderSet.Exempt has to say why none does");
        }
        foreach (var (name, data) in Catalog.DataSets.Where(d => d.Value is not Glyphs))
            Assert.True(set.All.Any(r => r.DataSets.Contains(data.GetType())), $"data set {name} is read by no reader in bench/Arow.Faults/Readers");
    }

    [GeneratedRegex(@"\bRegularFile\.(Open|Read)|\bFile\.(Open|OpenRead|ReadAll\w+|ReadLines)\(|new FileStream\(|\bZipFile\.|new StreamReader\(")]
    private static partial Regex OpensFiles();

    public sealed class Readers : IDisposable
    {
        internal ReaderSet Set { get; } = new();

        public void Dispose() => Set.Dispose();
    }
}
