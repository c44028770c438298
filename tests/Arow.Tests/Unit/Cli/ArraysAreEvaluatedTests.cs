using System.Text.RegularExpressions;

namespace Arow.Tests.Unit.Cli;

/// <summary>Evaluations on arrays of NumPy in place of a data set.</summary>
public sealed class ArraysAreEvaluatedTests : IDisposable
{
    private readonly MadeFolder folder = new();

    public ArraysAreEvaluatedTests()
    {
        using var network = Network.Create("tiny-cnn", new InputShape(1, 28, 28), 10, Normalization.None, seed: 1);
        NetworkFile.Save(folder["weights"], network, new Dictionary<string, string>(), [.. "abcdefghij".Select(c => $"{c}")]);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_npz_file_and_two_npy_files_are_the_set_they_hold()
    {
        using var digits = new Glyphs().Draw(Split.Test, 12);
        using var scope = NewDisposeScope();
        Npz.Write(folder["set.npz"], digits.Images, digits.Labels, zeros(12, device: CPU));
        using (var images = File.Create(folder["x_test.npy"]))
        {
            new NpyHeader("|u1", [12, 28, 28]).Write(images);
            images.Write(Bytes(digits.Images));
        }
        using (var labels = File.Create(folder["y_test.npy"]))
        {
            new NpyHeader("|u1", [12]).Write(labels);
            labels.Write([.. digits.Labels.data<long>().Select(y => (byte)y)]);
        }
        foreach (var name in (string[])["set.npz", "x_test.npy"])
        {
            using var set = new ImageFolder().Load(Split.Test, folder[name]);
            Assert.Equal(Bytes(digits.Images), Bytes(set.Images));
            Assert.Equal(digits.Labels.data<long>(), set.Labels.data<long>());
            Assert.Contains("has no training images", MadeFolder.Fault(new ImageFolder(), folder["set.npz"]));
        }
        // The weights' own names are those of the labels; the data set need not be named.
        var first = Evaluate("set.npz", "a");
        Assert.Equal(first, Evaluate("x_test.npy", "b"));
        Assert.Equal(13, first.Count);

        foreach (var name in (string[])["set.npz", "x_test.npy"])
        {
            var ended = Cli.Ended.Of(folder.Root, "predict", folder["weights"], folder[name], "--output", folder[$"{name}.txt"]);
            Assert.True(ended.Code == 0, ended.Told);
            Assert.Equal(first.Skip(1).Select((row, i) => $"{folder[name]}#{i}: {"abcdefghij"[int.Parse(row.Split('\t')[2])]}"),
                File.ReadLines(folder[$"{name}.txt"]).Select(line => Regex.Match(line, "^.*#\\d+: [a-j](?= )").Value));
        }

        static byte[] Bytes(Tensor t) => MadeFolder.Bytes(t);
    }

    [Fact]
    public void What_does_not_fit_is_said()
    {
        using var scope = NewDisposeScope();
        Npz.Write(folder["many.npz"], zeros([2, 1, 28, 28], ScalarType.Byte, device: CPU), tensor([0L, 99L], device: CPU), zeros(2, device: CPU));
        Assert.Contains("has labels up to 99, but", Ended("many.npz", "a").Faults);
        Npz.Write(folder["less.npz"], zeros([2, 1, 28, 28], ScalarType.Byte, device: CPU), tensor([0L, -1L], device: CPU), zeros(2, device: CPU));
        Assert.Contains("its labels are from -1 to 0", Ended("less.npz", "b").Faults);
        Assert.Contains("has no training images", MadeFolder.Fault(new ImageFolder(), folder["many.npz"]));
    }

    private List<string> Evaluate(string data, string output)
    {
        var ended = Ended(data, output);
        Assert.True(ended.Code == 0, ended.Told);
        return [.. File.ReadLines(folder[$"{output}/rows.tsv"]).Select(line => string.Join('\t', line.Split('\t')[..9]))];
    }

    private Ended Ended(string data, string output) => Cli.Ended.Of(folder.Root, "evaluate", folder["weights"], "--data-dir", folder[data], "--attack",
        "clean", "--threads", "1", "--output", folder[output]);
}
