using System.Text;
using SkiaSharp;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Cli;

/// <summary>A folder in one file: training, evaluation and prediction see what they see in the folder.</summary>
public sealed class PackedImagesTests : IDisposable
{
    private readonly MadeFolder folder = new();
    private readonly string? previous = Environment.GetEnvironmentVariable(ResizedPictures.FolderVariable);

    public PackedImagesTests() => Environment.SetEnvironmentVariable(ResizedPictures.FolderVariable, folder["cache"]);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(ResizedPictures.FolderVariable, previous);
        folder.Dispose();
    }

    [Theory]
    [InlineData("train/", "val/", "test/", false)]
    [InlineData("", null, null, false)]
    [InlineData("", null, null, true)]
    public void Splits_names_pixels_and_labels_are_those_of_the_folder(string train, string? validation, string? test, bool grey)
    {
        foreach (var (split, n) in ((string?, int)[])[(train, 12), (validation, 3), (test, 4)])
        {
            if (split is not null) WritePictures($"photos/{split}", n, grey);
        }
        Succeeds("data", "pack", folder["photos"], "--output", folder["photos.pack"]);
        IDataSet set = new ImageFolder();
        var (plain, packed) = (set.LoadAll(folder["photos"]).ToList(), set.LoadAll(folder["photos.pack"]).ToList());
        Assert.Equal(plain.Select(p => p.Split), packed.Select(p => p.Split));
        foreach (var ((_, a), (_, b)) in plain.Zip(packed))
        {
            Assert.True(b.IsPacked);
            Assert.Equal(DataIdentity.ComputeHash(a), DataIdentity.ComputeHash(b));
            Assert.Equal(a.Classes, b.Classes);
            Assert.Equal(a.Origin!.Names, b.Origin!.Names);
            using var scope = NewDisposeScope();
            var rows = tensor([3L, 0, 1, 2]);
            Assert.Equal(Bytes(a.Gather(rows)), Bytes(b.Gather(rows)));
            Assert.Equal(Bytes(a.Limit(2, 5).Images), Bytes(b.Limit(2, 5).Images));
            Assert.Equal(Bytes(a.RandomSplit(2, 5).Drawn.Images), Bytes(b.RandomSplit(2, 5).Drawn.Images));
        }
        var whole = new ImageFolder { TestsWhole = true };
        using var all = whole.Load(Split.Test, folder["photos"]);
        using var allPacked = whole.Load(Split.Test, folder["photos.pack"]);
        Assert.Equal(all.Origin!.Names.Order(StringComparer.Ordinal), allPacked.Origin!.Names.Order(StringComparer.Ordinal));
        Assert.Equal(grey ? 1 : 3, allPacked.Channels);
    }

    [Fact]
    public void A_run_on_packed_photographs_is_that_on_the_folder_to_the_bit()
    {
        WritePictures("photos/", 12, grey: false, side: 20);
        Succeeds("data", "pack", folder["photos"], "--image-size", "8", "--output", folder["photos.pack"]);
        foreach (var (data, run) in ((string, string)[])[("photos", "a"), ("photos.pack", "b")])
        {
            Succeeds("train", "--dataset", "folder", "--data-dir", folder[data], "--image-size", "8", "--model", "tiny-cnn", "--epochs", "2", "--normalize",
                "--batch-size", "6", "--threads", "1", "--test-attack", "pgd10", "--output", folder[run]);
        }
        Assert.Equal(File.ReadAllText(folder["a/evaluation/rows.tsv"]), File.ReadAllText(folder["b/evaluation/rows.tsv"]));
        Assert.Equal(Predicted("a", "photos", "photos/"), Predicted("b", "photos.pack", "photos.pack: "));
        var evaluated = Succeeds("evaluate", folder["b"], "--attack", "clean", "--output", folder["c"]);
        Assert.Contains("4 test images", evaluated.Output);
        Assert.Contains("packed as 8x8, not 9x9",
            Arow("evaluate", folder["b"], "--image-size", "9", "--attack", "clean", "--output", folder["d"]).Faults);
    }

    /// <summary>A training on the same photographs, or a pack that was stopped, has resized them.</summary>
    [Fact]
    public void What_was_resized_once_is_packed_from_the_cache()
    {
        WritePictures("photos/", 6, grey: false, side: 20);
        var set = new ImageFolder { Size = new ImageSize(8, 8) };
        using var trained = set.Load(Split.Train, folder["photos"]);
        var kept = Directory.GetFiles(folder["cache"], "*", SearchOption.AllDirectories);
        Assert.NotEmpty(kept);
        foreach (var file in kept) File.WriteAllBytes(file, Painted(SKColors.White, 8, 8));
        var told = Succeeds("data", "pack", folder["photos"], "--image-size", "8", "--output", folder["photos.pack"]).Told;
        Assert.Contains("the images were resized to 8x8, upright and cut around the middle; the results are kept in FOLDER/cache/images", told);
        using var packed = set.Load(Split.Train, folder["photos.pack"]);
        Assert.True((packed.Gather(arange(packed.Count)) == 255).all().item<bool>());
    }

    [Fact]
    public void What_cannot_be_packed_leaves_nothing_and_damage_is_refused()
    {
        WritePictures("photos/", 5, grey: false);
        folder.Write("photos/cat/3.png", [1, 2]);
        var refused = Arow("data", "pack", folder["photos"], "--output", folder["photos.pack"]);
        Assert.Equal(2, refused.Code);
        Assert.Contains("3.png is damaged", refused.Faults);
        Assert.Equal(["photos"], Directory.GetFileSystemEntries(folder.Root).Select(Path.GetFileName));
        Assert.Contains("1 damaged image is left out",
            Succeeds("data", "pack", folder["photos"], "--output", folder["photos.pack"], "--skip-damaged").Told.Replace("\ndata:   ", " "));
        Assert.Contains("already exists", Arow("data", "pack", folder["photos"], "--output", folder["photos.pack"]).Faults);
        folder.Write("photos/cat/3.png", Painted(SKColors.Red, 9, 9));
        Assert.Contains("is 9x9, but the first image is 8x8", Arow("data", "pack", folder["photos"], "--output", folder["other.pack"]).Faults);

        var whole = File.ReadAllBytes(folder["photos.pack"]);
        IDataSet set = new ImageFolder();
        // Cut off anywhere, longer, or with a footer that lies: one line, before anything of its size is allocated.
        foreach (var length in (int[])[8, 12, 16, 4096, whole.Length - 1]) Refused(whole[..length]);
        Refused([.. whole, 0]);
        var footer = Encoding.UTF8.GetString(whole);
        foreach (var (from, to) in ((string, string)[])[("\"height\":8", "\"height\":9"), ("\"channels\":3", "\"channels\":2"), ("\"train\":7", "\"train\":9"),
            ("\"test\":2", "\"test\":-"), ("\"classes\":[\"cat\",\"dog\"]", "\"classes\":[\"cat\",7777]"), ("\"names\":", "\"nimes\":")])
        {
            var at = footer.LastIndexOf(from, StringComparison.Ordinal);
            Assert.True(at > 0, footer[^400..]);
            var offset = whole.Length - Encoding.UTF8.GetByteCount(footer[at..]);
            var bytes = whole.ToArray();
            Encoding.UTF8.GetBytes(to).CopyTo(bytes, offset);
            Refused(bytes);
        }
        // A label beyond the classes.
        var labels = whole.ToArray();
        labels[ImagePack.HeadBytes + 9 * 3 * 8 * 8] = 7;
        Refused(labels);

        void Refused(byte[] bytes)
        {
            File.WriteAllBytes(folder["bad.pack"], bytes);
            Assert.Equal($"{folder["bad.pack"]}: is damaged or not a file of packed images", Fault(set, folder["bad.pack"]));
        }
    }

    /// <summary>Lines for the pictures, sorted: packed ones stand in the order of the splits.</summary>
    private IEnumerable<string> Predicted(string run, string data, string prefix) =>
        Succeeds("predict", folder[run], folder[data], "--threads", "1").Output.Replace(prefix, "").Split('\n').Order(StringComparer.Ordinal);

    private Ended Succeeds(params string[] words)
    {
        var ended = Arow(words);
        Assert.True(ended.Code == 0, ended.Told);
        return ended;
    }

    private Ended Arow(params string[] words) => Ended.Of(folder.Root, words);

    private void WritePictures(string at, int count, bool grey, int side = 8)
    {
        foreach (var (name, shade) in (ReadOnlySpan<(string, int)>)[("cat", 20), ("dog", 120)])
        {
            for (var i = 0; i < count; i++)
            {
                var level = (byte)(shade + 7 * i + at.Length);
                folder.Write($"{at}{name}/{i}.png", Painted(new SKColor(level, grey ? level : (byte)60, grey ? level : (byte)(9 * i)), side, side));
            }
        }
    }
}
