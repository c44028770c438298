using System.Globalization;
using System.Text.RegularExpressions;

namespace Arow.EndToEnd.Infra;

/// <summary>A training of two processes that something happens to, which a second start with <c>--resume</c> brings to its end.</summary>
internal sealed partial class DisturbedRun(UnhurtRun unhurt) : IDisposable
{
    /// <summary>Seconds without an answer; more on a machine that does much else.</summary>
    public static readonly string Deadline = Environment.GetEnvironmentVariable("AROW_TEST_DEADLINE") ?? "8";

    /// <summary>Seconds: of a process that waits in vain, asks whether others wait too and is ended by its launcher.</summary>
    private static readonly int InTime = 3 * int.Parse(Deadline, CultureInfo.InvariantCulture) + 5;

    public Program Arow { get; } = new();

    /// <summary>Its folder.</summary>
    public string Folder => Arow.File("disturbed");

    /// <summary>Starts the training, and does something to it.</summary>
    /// <param name="launcher">The launcher.</param>
    /// <param name="meanwhile">As in <see cref="Launched.Disturb"/>.</param>
    public Outcome Disturb(string launcher, string meanwhile) => Launched.Disturb(
        Arow, $"env AROW_MPI_TIMEOUT={Deadline} {Launched.Command(launcher, $"{UnhurtRun.Training} {Folder}")}", meanwhile);

    /// <summary>What was said but for the two warnings of a run so short, and that its page cannot be written.</summary>
    public static IEnumerable<string> Told(Outcome outcome) => outcome.Error.Split('\n')
        .Where(line => line.StartsWith("arow: ", StringComparison.Ordinal) && !Warnings().IsMatch(line)).Select(line => line.TrimEnd('\r'));

    public static void AssertEnded(Outcome outcome)
    {
        var took = int.Parse(Seconds().Match(outcome.Output).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(outcome.ExitCode != 0 && took <= InTime, $"exit {outcome.ExitCode} after {took} s: {outcome.Error}");
    }

    public void AssertResumed(string command = UnhurtRun.Training)
    {
        Launched.Run(Arow, Launched.OpenMpi, $"{command} {Folder} --resume").AssertDone();
        foreach (var file in (string[])["weights.safetensors", "evaluation/rows.tsv"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(unhurt.Folder, file)), File.ReadAllBytes(Path.Combine(Folder, file)));
    }

    public void Dispose() => Arow.Dispose();

    [GeneratedRegex("a short run of|too few to learn|report.html: cannot be written")]
    private static partial Regex Warnings();

    [GeneratedRegex("took (\\d+)")]
    private static partial Regex Seconds();
}
