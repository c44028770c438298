using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

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
        foreach (var (file, expected) in JsonNode.Parse(File.ReadAllText(folder.File($"{name}/expected.json")))!.AsObject())
        {
            using var weights = Safetensors.Read(folder.File($"{name}/{file}"));
            if (same) Assert.Equal($"{expected!["sha256"]}", Sha256(weights));
            var head = expected!["head"]!.AsArray().Select(value => (float)value!).ToArray();
            AssertNear(head, weights.Tensors.Values.Single(tensor => tensor.dim() == 2).data<float>().ToArray());
        }
        // The names of a checkpoint's tensors are a file format.
        using var last = Safetensors.Read(Directory.GetFiles(run.Checkpoints.Path, "step-*").Max(StringComparer.Ordinal)!);
        Assert.Equal(keys.Order(StringComparer.Ordinal), last.Tensors.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>
    /// A sum of n products is off by up to n roundings, here 72; a gradient is made of some 60 such sums (20 layers, forward and backward, attack and
    /// loss), and no more than 3 steps are left: 72 · 60 · 3 · 2⁻²⁴ of the largest weight. The attacks' steps have no sign that rounding could turn.
    /// </summary>
    private static void AssertNear(float[] expected, float[] actual)
    {
        var tolerance = 72 * 60 * 3 * MathF.Pow(2, -24) * expected.Max(MathF.Abs);
        Assert.Equal(expected.Length, actual.Length);
        var apart = expected.Zip(actual).Max(pair => MathF.Abs(pair.First - pair.Second));
        Assert.InRange(apart, 0, tolerance);
    }

    private static string Sha256(SafetensorsFile weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, value) in weights.Tensors.OrderBy(tensor => tensor.Key, StringComparer.Ordinal)) hash.AppendData(value.bytes);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
