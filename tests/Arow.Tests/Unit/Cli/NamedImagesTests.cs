using System.Globalization;
using System.Text.RegularExpressions;
using SkiaSharp;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Cli;

/// <summary>Which photograph was that: names in rows and analyses, and adversarial images that are kept.</summary>
public sealed class NamedImagesTests : IDisposable
{
    private const int Size = 8, Epsilon = 64;

    private readonly MadeFolder folder = new();

    public NamedImagesTests()
    {
        foreach (var (name, shade) in (ReadOnlySpan<(string, byte)>)[("cat", 20), ("dog", 180)])
        {
            for (var i = 0; i < 10; i++)
                folder.Write($"photos/{name}/p{i}.png", Painted(new SKColor((byte)(shade + i), (byte)(shade / 2), (byte)(shade + 3 * i)), Size, Size));
        }
        Succeeds("train", "--dataset", "folder", "--data-dir", folder["photos"], "--model", "tiny-cnn", "--objective", "standard", "--epochs", "20",
            "--lr", "0.05", "--batch-size", "6", "--gap-images", "0", "--threads", "1", "--test-attack", "clean", "--output", folder["run"]);
        Directory.Move(folder["photos"], folder["train"]);
        Directory.CreateDirectory(folder["set"]);
        Directory.Move(folder["train"], folder["set/test"]);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Adversarial_images_are_kept_within_the_threat_model()
    {
        var told = Evaluate("a", "--save-adversarial", folder["kept"]);
        var rows = File.ReadLines(folder["a/rows.tsv"]).Select(line => line.Split('\t')).ToList();
        Assert.Equal(["class", "adversarial_class", "file"], rows[0][8..]);
        var broken = rows.Skip(1).Where(row => row[5] == "pgd10").ToList();
        Assert.NotEmpty(broken);
        Assert.Contains($"{broken.Count} adversarial image", told.Output);
        var files = Directory.GetFiles(folder["kept"], "*.png", SearchOption.AllDirectories);
        Assert.Equal(broken.Count, files.Length);
        foreach (var row in broken)
        {
            Assert.Equal(row[8], row[10].Split('/')[1]);
            Assert.NotEqual(row[8], row[9]);
            using var original = SKBitmap.Decode(folder[$"set/{row[10]}"]);
            using var kept = SKBitmap.Decode(folder[$"kept/{row[8]}/{long.Parse(row[0], CultureInfo.InvariantCulture):D6}-{Path.GetFileNameWithoutExtension(row[10])}.png"]);
            var largest = Enumerable.Range(0, Size * Size).Select(i => (X: i % Size, Y: i / Size))
                .Max(at => Distance(original.GetPixel(at.X, at.Y), kept.GetPixel(at.X, at.Y)));
            Assert.InRange(largest, 1, Epsilon);
        }
        Assert.Contains("already exists", Arow("evaluate", folder["run"], "--save-adversarial", folder["kept"], "--output", folder["b"]).Faults);
        Assert.Contains("needs an attack", Arow("evaluate", folder["run"], "--attack", "clean", "--save-adversarial", folder["no"]).Faults);

        Evaluate("b", "--save-adversarial", folder["kept.npz"]);
        // A journal keeps no images: they are found again.
        File.Delete(folder["b/summary.json"]);
        Evaluate("b", "--resume", "--save-adversarial", folder["again.npz"]);
        var (exact, again) = (Read("kept.npz"), Read("again.npz"));
        Assert.Equal(broken.Select(row => long.Parse(row[1], CultureInfo.InvariantCulture)), Longs(exact.Labels!));
        Assert.Equal(Bytes(exact.Images), Bytes(again.Images));
        Assert.Equal(["cat", "dog"], Npz.ReadClasses(folder["kept.npz"]));
    }

    [Fact]
    public void An_analysis_names_the_files_of_its_least_robust_group()
    {
        var ended = Succeeds("analyze", folder["run"], "--data-dir", folder["set"], "--attack", "pgd10", "--epsilon", "200/255",
            "--landscape", "0", "--threads", "1", "--output", folder["analysis"]);
        var rows = File.ReadLines(folder["analysis/rows.tsv"]).Select(line => line.Split('\t')).ToList();
        Assert.Equal(["class", "adversarial_class", "file"], rows[0][^3..]);
        var weakest = rows.Skip(1).MinBy(row => double.Parse(row[3], CultureInfo.InvariantCulture))!;
        Assert.Matches($@"least robust group with images: [^,]+, \d+, the least robust first: {Regex.Escape(weakest[^1])}",
            string.Join(' ', ended.Output.Split('\n', StringSplitOptions.TrimEntries)));
        Assert.StartsWith($"test/{weakest[^3]}/", weakest[^1]);
    }

    private NpzImages Read(string name) =>
        Npz.Read(folder[name], Split.Test, [3, Size, Size], ["cat", "dog"], n => [.. Enumerable.Range(0, (int)n).Select(i => (long)i)]);

    private static int Distance(SKColor a, SKColor b) =>
        Math.Max(Math.Abs(a.Red - b.Red), Math.Max(Math.Abs(a.Green - b.Green), Math.Abs(a.Blue - b.Blue)));

    private Ended Evaluate(string output, params string[] more) => Succeeds(["evaluate", folder["run"], "--data-dir", folder["set"], "--attack", "pgd10",
        "--epsilon", $"{Epsilon}/255", "--threads", "1", "--output", folder[output], .. more]);

    private Ended Succeeds(params string[] words)
    {
        var ended = Arow(words);
        Assert.True(ended.Code == 0, ended.Told);
        return ended;
    }

    private Ended Arow(params string[] words) => Ended.Of(folder.Root, words);
}
