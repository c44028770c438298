using System.IO.Compression;
using Arow.Tests.Unit.Training;

namespace Arow.Tests.Unit.Studies;

/// <summary>A study that an earlier version (01b7e89) stopped in the last epoch of its second run: see <c>Fixtures/README.md</c>.</summary>
public sealed class OldStudyTests
{
    [Fact]
    public void It_ends_as_if_never_stopped_and_what_was_done_stays()
    {
        using var folder = new TemporaryFolder();
        ZipFile.ExtractToDirectory(Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures/old-study.zip"), folder.Path);
        var there = new StudyFolder(folder.File("study"));
        var study = StudyFile.Read(there.StudyFile);
        Assert.Empty(there.Validate(study));
        var (first, second, evaluation) = (study.Runs[0], study.Runs[1], Assert.Single(study.Evaluations));
        var done = Content(there.Run(first).Path);
        var epochs = File.ReadAllText(there.Run(second).Log);
        ComputeEnvironment before;
        using (var checkpoint = there.Run(second).Checkpoints.LoadLatest(Assert.Fail))
            before = ComputeEnvironment.FromJson(checkpoint!.Metadata["environment"])!;

        // What is left: the training and the evaluation of the second.
        var runner = new StudyRunner(study, there);
        Assert.Equal((2, 4), runner.Count());
        Assert.Empty(runner.Run(TestContext.Current.CancellationToken).Failed);

        Assert.Equal(done, Content(there.Run(first).Path));
        Assert.StartsWith(epochs, File.ReadAllText(there.Run(second).Log));
        Assert.Equal([1, 2, 3], there.Run(second).ReadLog().Select(e => e.Epoch));
        var same = ComputeEnvironment.Current(DeviceType.CPU).DifferenceFrom(before) is null;
        ExpectedWeights.AssertReached(folder.File("expected.json"), there.Run(second).Path, same, steps: 4);
        // Later versions add columns.
        if (same) Assert.All(File.ReadLines(folder.File("expected-rows.tsv")).Zip(File.ReadLines(there.Evaluation(second, evaluation).Rows)),
            pair => Assert.StartsWith($"{pair.First}\t", pair.Second));
        Assert.Equal([12, 12], StudyResults.Read(study, there).Runs.Select(r => r.Measured[evaluation.Name].Rows.Count));
    }

    private static SortedDictionary<string, string> Content(string folder) => new(Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(folder, path), path => Convert.ToHexString(File.ReadAllBytes(path))), StringComparer.Ordinal);
}
