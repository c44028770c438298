using System.IO.Compression;

namespace Arow.Tests.Unit.Training;

/// <summary>
/// Runs that an earlier version (01b7e89) stopped in the middle of an epoch resume and end with the weights that it ended with
/// where it was not stopped: see <c>Fixtures/README.md</c>.
/// </summary>
public sealed class OldRunsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("arow")]
    [InlineData("hat")]
    [InlineData("free")]
    [InlineData("gair")]
    [InlineData("lbgat")]
    public void They_end_as_if_never_stopped(string name)
    {
        using (var zip = ZipFile.OpenRead(Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures/old-runs.zip"))) zip.ExtractToDirectory(
            folder.Path);
        var run = new RunFolder(folder.File(name));
        ComputeEnvironment before;
        string[] keys;
        var path = Assert.Single(Directory.GetFiles(run.Checkpoints.Path));
        using (var checkpoint = Safetensors.Read(path))
        {
            before = ComputeEnvironment.FromJson(checkpoint.Metadata["environment"])!;
            keys = [.. checkpoint.Tensors.Keys];
        }

        bool same;
        using (var resumed = new TrainingRun(RunFile.Read(run.RunFile, []), run, resume: true, evaluates: false))
        {
            same = ComputeEnvironment.Current(DeviceType.CPU).DifferenceFrom(before) is null;
            Assert.False(resumed.Run(TestContext.Current.CancellationToken).Interrupted);
        }
        ExpectedWeights.AssertReached(folder.File($"{name}/expected.json"), folder.File(name), same, steps: 3);
        // The names of a checkpoint's tensors are a file format.
        using var last = Safetensors.Read(Directory.GetFiles(run.Checkpoints.Path, "step-*").Max(StringComparer.Ordinal)!);
        Assert.Equal(keys.Order(StringComparer.Ordinal), last.Tensors.Keys.Order(StringComparer.Ordinal));
    }
}
