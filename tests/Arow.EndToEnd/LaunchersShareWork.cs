namespace Arow.EndToEnd;

/// <summary>
/// Evaluations, analyses and predictions by the processes of a launcher, which share them without an option. <c>.ci/cluster</c> takes explicit rows.
/// </summary>
[Trait("kind", "cluster")]
public sealed class LaunchersShareWork(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private readonly Program arow = trained.Arow;

    [Theory]
    [InlineData(Launched.OpenMpi, "evaluate run --attack pgd20,square --queries 50 --limit 40 --batch-size 6 --threads 1 --fail-under 0.999", 3, "rows.tsv")]
    [InlineData(Launched.Mpich, "evaluate run --attack pgd20 --limit 40 --batch-size 6 --threads 1 --quantize", 0, "rows.tsv", Explicit = true)]
    [InlineData(Launched.Mpich, "analyze run --limit 30 --batch-size 6 --landscape 6 --attack pgd10 --epsilons 0,4/255 --steps 1,2 --threads 1", 0, "rows.tsv curves.tsv surface.tsv confusion.tsv", Explicit = true)]
    [InlineData(Launched.OpenMpi, "predict run images.npy --batch-size 100 --top 2 --threads 1", 0, "")]
    public void Work_of_two_is_that_of_one(string launcher, string command, int exitCode, string files)
    {
        MakeArray();
        var name = $"{command[..4]}-{launcher[..8]}-{exitCode}".Replace(' ', '-').Replace('.', '-');
        var alone = arow.Run([.. command.Split(' '), "--output", $"{name}-alone"]);
        var together = Launched.Run(arow, launcher, $"{command} --output {name}-together");
        Assert.Equal(exitCode, alone.ExitCode);
        Assert.True(together.ExitCode == exitCode, $"exit {together.ExitCode}: {together.Output}{together.Error}");
        foreach (var file in files.Split(' '))
            Assert.Equal(File.ReadAllBytes(arow.File(Path.Combine($"{name}-alone", file))), File.ReadAllBytes(arow.File(Path.Combine($"{name}-together", file))));
        // The first process speaks for both.
        Assert.Equal(Lines(alone, "robust accuracy"), Lines(together, "robust accuracy"));
        Assert.Equal(Lines(alone, "report in").Count(), Lines(together, "report in").Count());
    }

    /// <summary>Of packed sets and on other systems than Linux there is nothing to hold.</summary>
    [Theory]
    [InlineData("evaluate run --attack pgd100 --limit 40 --batch-size 4")]
    [InlineData("analyze run --attack pgd100 --limit 40 --batch-size 4", Explicit = true)]
    public void Processes_of_one_machine_hold_the_images_once(string command)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "each holds its own there");
        var output = $"held-{command[..4]}";
        var outcome = Launched.Disturb(arow, Launched.Command(Launched.OpenMpi, $"{command} --threads 1 --output {output}"), $"""
            for number in 0 1; do
              while kill -0 $job 2> /dev/null; do
                one=$(rank $number {output})
                [ -n "$one" ] && grep -q memfd:arow-images /proc/$one/maps 2> /dev/null && echo "process $number shares" && break
                sleep 0.05
              done
            done
            """);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("process 0 shares", outcome.Output);
        Assert.Contains("process 1 shares", outcome.Output);
    }

    [Theory]
    [InlineData("evaluate run --attack nonsense", "arow: attack 'nonsense' is unknown")]
    [InlineData("evaluate run --limit 3 --limit 4", "Option '--limit'")]
    [InlineData("analyze run --steps x", "steps")]
    [InlineData("predict run run/run.json", "2 processes need --output")]
    public void Bad_input_is_told_once(string command, string says)
    {
        var outcome = Launched.Run(arow, Launched.OpenMpi, command);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(says, Assert.Single(outcome.Error.Split('\n'), line => line.StartsWith("arow: ", StringComparison.Ordinal)));
    }

    /// <summary>Which is what a script does that deals out the work itself.</summary>
    [Fact]
    public void Two_commands_are_two_works()
    {
        MakeArray();
        _ = Launched.Command(Launched.OpenMpi, "");
        arow.RunShell($"{Launched.OpenMpi} -n 2 bash -c '\"$0\" predict run images.npy --threads 1 --output own-$OMPI_COMM_WORLD_RANK' \"$0\"").AssertDone();
        Assert.Equal(File.ReadAllBytes(arow.File("own-0")), File.ReadAllBytes(arow.File("own-1")));
        Assert.False(Directory.Exists(arow.File("own-0.work")));
    }

    private static IEnumerable<string> Lines(Outcome outcome, string with) =>
        outcome.Output.Split('\n').Where(line => line.Contains(with, StringComparison.Ordinal));

    private void MakeArray()
    {
        const int Count = 300;
        var header = $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({Count}, 28, 28), }}".PadRight(117) + '\n';
        var pixels = new byte[Count * 28 * 28];
        new Random(2).NextBytes(pixels);
        File.WriteAllBytes(arow.File("images.npy"), [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header.Select(letter => (byte)letter), .. pixels]);
    }
}
