using System.Diagnostics;
using System.Text;
using Arow.Tests.Unit.Cli;
using SkiaSharp;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

/// <summary>That what is in a data set, and what is wrong with it, is told before any work with it.</summary>
public sealed class DataInspectionTests : IDisposable
{
    private readonly MadeFolder folder = new();
    private int drawn;

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Splits_and_classes_are_counted()
    {
        WriteAll("train/cat/1 train/cat/2 train/dog/1 test/cat/1 test/dog/1 test/dog/2");
        Assert.Equal(
            [
                "train: 3 images, 8x8 colour, 2 classes of 1 to 2 images",
                "test: 3 images, 8x8 colour, 2 classes of 1 to 2 images",
                "classes (train + test images): cat 2 + 1, dog 1 + 2",
            ], Lines());
    }

    [Theory]
    [InlineData(".ipynb_checkpoints")]
    [InlineData("__MACOSX")]
    [InlineData("@eaDir")]
    [InlineData(".git")]
    [InlineData("$RECYCLE.BIN")]
    public void Hidden_folders_are_no_classes(string hidden)
    {
        WriteAll("train/cat/1 train/dog/1 test/cat/1 test/dog/1");
        foreach (var place in (string[])[$"train/{hidden}/1.png", $"train/cat/{hidden}/1.png", $"{hidden}/train/cat/1.png",
            $"train/dog/{hidden}/deeper/1.png"])
            folder.Write(place, New());
        folder.Write("train/cat/._1.png", [1]);
        folder.Write("train/cat/Thumbs.db", [1]);
        var lines = Lines();
        Assert.Contains("train: 2 images, 8x8 colour, 2 classes of 1 image each", lines);
        Assert.Contains($"skipped: hidden folder {hidden} (4 files); 2 files with hidden names", lines);
    }

    [Fact]
    public void An_archive_is_looked_at_as_its_folder_is()
    {
        var files = new[] { "cat/1.png", "dog/2.png", ".cache/3.png", "cat/4.jp2", "notes.txt" }.Select(name => (name, New())).ToArray();
        foreach (var (name, bytes) in files) folder.Write($"plain/{name}", bytes);
        var lines = Lines(folder["plain"]);
        Assert.Equal(lines, Lines(folder.Write("images.tar.gz", TarGz(files))));
        Assert.Contains("skipped: .txt 1; hidden folder .cache (1 file)", lines);
        Assert.Contains($"warning: 1 image skipped: .jp2 1; only PNG, JPEG, WebP, BMP, GIF and TIFF are read: convert them, {PictureCodec.Conversion}", lines);
    }

    [Fact]
    public void Images_of_other_formats_are_counted_by_their_ending()
    {
        WriteAll("train/a/1 train/b/1 test/a/1 test/b/1");
        foreach (var name in (string[])["train/a/2.heic", "train/a/3.HEIC", "test/b/2.jp2", "train/a/c/1.jxl", "train/a/list.txt",
            "train/a/README"]) folder.Write(name, [1]);
        var lines = Lines();
        Assert.Contains($"warning: 4 images skipped: .heic 2, .jp2 1, .jxl 1; only PNG, JPEG, WebP, BMP, GIF and TIFF are read: convert them, {PictureCodec.Conversion}", lines);
        Assert.Contains("skipped: .txt 1, no extension 1", lines);
        Directory.Delete(folder["train"], recursive: true);
        Directory.Delete(folder["test"], recursive: true);
        folder.Write("a/1.heic", [1]);
        Assert.Equal($"{folder.Root}: has no images (PNG, JPEG, WebP, BMP, GIF and TIFF are read), but .heic 1, which are not read; convert them, {PictureCodec.Conversion}",
            Fault(Catalog.DataSets["folder"], folder.Root));
    }

    [Fact]
    public void Empty_folders_are_told()
    {
        WriteAll("train/cat/1 train/dog/1 test/cat/1 test/dog/1");
        foreach (var empty in (string[])["train/eel", "val", "train/.cache", "test/__MACOSX"]) Directory.CreateDirectory(folder[empty]);
        folder.Write("test/fox/Thumbs.db", [1]);
        const string Says = "warning: no images in 3 folders: test/fox/, train/eel/, val/: an empty folder is not a class";
        Assert.Contains(Says, Lines());
        folder.Write("archive/a.zip", ZipWriter.Write([.. Directory.GetFiles(folder.Root, "*", SearchOption.AllDirectories)
            .Select(path => (Path.GetRelativePath(folder.Root, path).Replace('\\', '/'), File.ReadAllBytes(path))), ("train/eel/", []),
            ("val/", [])]));
        Assert.Contains(Says, Lines(folder["archive/a.zip"]));
        folder.Write("train/eel/list.txt", [1]);
        folder.Write("val/1.heic", [1]);
        Assert.Contains("warning: no images in test/fox/: an empty folder is not a class", Lines());
    }

    [Fact]
    public void Links_to_nothing_are_told()
    {
        WriteAll("train/cat/1 train/dog/1 test/cat/1 test/dog/1");
        foreach (var name in (string[])["train/eel", "test/eel", "train/.cache/x"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
            File.CreateSymbolicLink(folder[name], folder["moved/eel"]);
        }
        Assert.Contains("warning: 2 links are broken: test/eel, train/eel", Lines());
        File.CreateSymbolicLink(folder["train/cat/2.png"], folder["moved/2.png"]);
        Assert.Equal($"{folder["train/cat/2.png"]}: cannot be read: it is a broken link", Fault(Catalog.DataSets["folder"], folder.Root));
    }

    [Theory]
    [InlineData("train", "warning: all training images are grey, but 2 of 2 test images have colour")]
    [InlineData("test", "warning: all test images are grey, but 2 of 2 training images have colour")]
    [InlineData("train test", null)]
    [InlineData("", null)]
    public void A_split_without_colour_beside_one_with_it_is_told(string grey, string? says)
    {
        foreach (var split in (string[])["train", "test"])
        {
            foreach (var name in (string[])["a", "b"]) folder.Write($"{split}/{name}/1.png",
                Painted(new SKColor((byte)(20 * ++drawn), 90, 90), grey: grey.Contains(split)));
        }
        Assert.Equal(says is null ? [] : (string[])[says],
            Lines().Where(line => line.Contains("grey,", StringComparison.Ordinal) && line.StartsWith("warning", StringComparison.Ordinal)));
    }

    [Fact]
    public void Of_an_animation_the_first_picture_is_read_and_that_is_told()
    {
        WriteAll("train/a/1 train/b/1 test/a/1 test/b/1");
        folder.Write("train/a/2.png", WithChunk(New(), "acTL", [0, 0, 0, 3, 0, 0, 0, 0]));
        Assert.Contains("train: 1 of 3 images (train/a/2.png) holds several pictures (an animation, or pages), of which only the first is read", Lines());
    }

    /// <summary>Each line as wide as there is room for, every word of it there, and a name with its number.</summary>
    [Theory]
    [InlineData(80)]
    [InlineData(60)]
    [InlineData(30)]
    public void Lines_fit_a_terminal(int columns)
    {
        WriteAll("train/dog/1 test/dog/1");
        foreach (var name in (string[])["house cat", "an animal of a long name"])
        {
            foreach (var split in (string[])["train", "test"]) folder.Write($"{split}/{name}/1.png", New());
        }
        Copy("train/dog/1", "test/dog/2");
        folder.Write("train/dog/4.heic", [1]);
        foreach (var whole in (bool[])[true, false])
        {
            var found = Found();
            var lines = InspectionReport.Format(found, whole, columns);
            Assert.All(lines, line =>
                Assert.True(line.Length <= columns || !line.Trim().Contains(' ') || line.Contains("an animal of a long name"), line));
            Assert.All(lines, line =>
                Assert.True(line.TrimStart() == line || line.StartsWith("  ", StringComparison.Ordinal) && line[2] != ' ', line));
            Assert.Equal(
                string.Join(' ', InspectionReport.Format(found, whole).Select(line => line.Trim())).Replace("  ", " "),
                string.Join(' ', lines.Select(line => line.Trim())));
            Assert.Contains(lines, line => line.Contains("house cat 1 + 1", StringComparison.Ordinal));
        }
    }

    /// <summary>The eXIf chunk, which the decoder does not read: in both orders of bytes, and where it makes no sense.</summary>
    [Theory]
    [InlineData("II*\0\u0008\0\0\0\u0001\0\u0012\u0001\u0003\0\u0001\0\0\0\u0006\0\0\0", true)]
    [InlineData("MM\0*\0\0\0\u0008\0\u0002\u0001\u0000\0\u0003\0\0\0\u0001\0\u0009\0\0\u0001\u0012\0\u0003\0\0\0\u0001\0\u0006\0\0", true)]
    [InlineData("II*\0\u0008\0\0\0\u0001\0\u0012\u0001\u0003\0\u0001\0\0\0\u0001\0\0\0", false)]
    [InlineData("II*\0\u0008\0\0\0\u0001\0\u0012\u0001\u0003\0\u0001\0\0\0\u0009\0\0\0", false)]
    [InlineData("II*\0\uffff\0\0\0", false)]
    [InlineData("II", false)]
    [InlineData("II*\0\u0008\0\0\0\u00ff\u00ff\u0012\u0001", false)]
    public void A_PNG_that_was_turned_is_told_and_turned(string exif, bool turned)
    {
        var picture = WithChunk(Drawn((x, y) => x == 0 ? 255 : y), "eXIf", Encoding.Latin1.GetBytes(exif));
        folder.Write("a/1.png", picture);
        WriteAll("a/2 b/1 b/2 b/3 b/4 b/5 a/3 a/4 a/5");
        Assert.Equal(turned, Lines()
            .Any(line => line.Contains("images (a/1.png) was taken with the camera rotated (EXIF)", StringComparison.Ordinal)));
        var small = PictureCodec.Resize(picture, 8, 8, null).Png!;
        var planes = new byte[3 * 64];
        Assert.True(PictureCodec.Decode(small, planes).Succeeded);
        // 6: what is stored on the left belongs on top.
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(255, planes[turned ? i : 8 * i]));
        Assert.NotEqual(255, planes[turned ? 8 : 1]);
    }

    [Fact]
    public void Copies_are_counted_within_splits_and_between_them()
    {
        WriteAll("train/a/1 train/a/2 train/b/1 val/a/1 val/b/1 test/a/1 test/b/1 test/b/2");
        Copy("train/a/1", "train/a/copy");
        Copy("train/a/1", "train/b/copy");
        Copy("train/b/1", "test/b/1");
        Copy("train/b/1", "test/a/1");
        Copy("val/a/1", "test/b/2");
        var lines = Lines();
        Assert.Contains("warning: train: 1 of 2 copies of other images is of another class (train/b/copy.png is train/a/1.png)", lines);
        Assert.Contains("warning: 2 of 3 test images are also training images (test/a/1.png is train/b/1.png), 1 of them under another class "
            + "(test/a/1.png is train/b/1.png): numbers on them say little about images not seen before", lines);
        Assert.Contains(lines, line =>
            line.StartsWith("warning: 1 of 3 test images are also validation images (test/b/2.png is val/a/1.png)", StringComparison.Ordinal));
    }

    [Fact]
    public void Copies_of_a_class_are_no_warning()
    {
        WriteAll("train/a/1 train/b/1 test/a/1 test/b/1");
        Copy("train/a/1", "train/a/2");
        Assert.Contains("train: 1 image of 3 is a copy of another (train/a/2.png is train/a/1.png)", Lines());
    }

    [Fact]
    public void Images_of_one_colour_are_counted_and_are_no_copies()
    {
        WriteAll("train/a/1 train/b/1 test/a/1 test/b/1");
        folder.Write("train/a/plain.png", Painted(new SKColor(9, 200, 3)));
        folder.Write("train/a/black.png", Painted(SKColors.Black));
        folder.Write("test/b/black.png", Painted(SKColors.Black));
        var lines = Lines();
        Assert.Contains("warning: train: 2 images of 4 have a single colour (train/a/black.png)", lines);
        Assert.Contains("warning: test: 1 image of 3 has a single colour (test/b/black.png)", lines);
        Assert.DoesNotContain(lines, line => line.Contains("also", StringComparison.Ordinal));
    }

    [Fact]
    public void Drawings_in_transparency_alone_are_told()
    {
        WriteAll("train/a/1 train/b/1 test/a/1 test/b/1");
        folder.Write("train/a/2.png", Drawn(alpha: (x, y) => x == y ? 255 : 0));
        folder.Write("train/a/3.png", Drawn(red: (x, _) => 30 * x, alpha: (x, y) => x == y ? 255 : 200));
        var lines = Lines();
        Assert.Contains(lines, line =>
            line.StartsWith("warning: train: 1 of 4 images (train/a/2.png) has content only in transparency", StringComparison.Ordinal)
            && line.Contains("resizing with a white background", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("train: 2 of 4 images (train/a/2.png) have transparent pixels", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(4095, "no value reaches 4096 (12 of 16 bits): the largest pixel is 15 of 255 and detail is lost; multiply values by 16 first")]
    [InlineData(1023, "no value reaches 1024 (10 of 16 bits): the largest pixel is 3 of 255 and detail is lost; multiply values by 64 first")]
    [InlineData(255, "no value reaches 256 (8 of 16 bits): the largest pixel is 0 of 255 and detail is lost; multiply values by 256 first")]
    [InlineData(65535, null)]
    public void Sixteen_bits_of_which_few_are_used_are_told(int most, string? says)
    {
        foreach (var (i, place) in new[] { "train/a/1", "train/b/1", "test/a/1", "test/b/1" }.Index())
            folder.Write($"{place}.png", Sixteen((x, y) => most * (x + 8 * y) / 63 - (x == 7 && y == 0 ? i : 0) * most / 400));
        var lines = Lines();
        if (says is null) Assert.Contains("train: 2 of 2 images (train/a/1.png) have 16 bits per value, of which the upper 8 are read", lines);
        else Assert.Contains(lines, line =>
            line.StartsWith("warning: train: 2 of 2 images (train/a/1.png) have 16 bits per value", StringComparison.Ordinal)
                && line.EndsWith(says, StringComparison.Ordinal));
    }

    [Fact]
    public void A_narrow_range_of_bytes_is_told()
    {
        foreach (var place in (string[])["train/a/1", "train/b/1", "test/a/1", "test/b/1"]) folder.Write($"{place}.png", Drawn(red: (x, y) => x ^ y));
        Assert.Contains("warning: train: all pixels lie between 0 and 7 of 255; epsilon refers to the whole range", Lines());
    }

    [Fact]
    public void Photographs_that_cameras_turned_are_told()
    {
        WriteAll("train/a/1 train/b/1 test/a/1 test/b/1");
        folder.Write("train/a/2.jpg", Oriented(Painted(SKColors.Red, format: SKEncodedImageFormat.Jpeg), 6));
        folder.Write("train/a/3.jpg", Oriented(Painted(SKColors.Red, format: SKEncodedImageFormat.Jpeg), 1));
        Assert.Contains(
            "train: 1 of 4 images (train/a/2.jpg) was taken with the camera rotated (EXIF) and is read as stored; resizing rotates them "
                + "upright", Lines());
    }

    /// <summary>Of files that are no folders the same is told: numbers stand for names.</summary>
    [Fact]
    public void Other_sets_are_looked_at_too()
    {
        using var scope = NewDisposeScope();
        var pixels = zeros([4, 1, 3, 3], ScalarType.Byte);
        pixels[0, 0, 0, 0].fill_(200);
        pixels[1, 0, 1, 0].fill_(200);
        pixels[3, 0, 0, 0].fill_(200);
        using var set = new ImageSet("made", pixels, tensor(new[] { 0L, 1, 1, 2 }), ["a", "b", "c", "d"]);
        using var some = set.Select(tensor(new[] { 1L, 2, 3 }));
        using var other = set.Select(tensor(new[] { 0L }));
        var found = new DataInspection();
        found.Add("train", some);
        found.Add("test", other);
        Assert.Equal(
            [
                "train: 3 images, 3x3 grey, 4 classes of 0 to 2 images",
                "test: 1 image, 3x3 grey, 4 classes of 0 to 1 images",
                "classes (train + test images): a 0 + 1, b 2 + 0, c 1 + 0, d 0 + 0",
                "warning: 1 of 1 test images are also training images (image 0 is image 3), 1 of them under another class (image 0 is image 3): "
                    + "numbers on them say little about images not seen before",
                "warning: no training images of a, d",
                "warning: train: 1 image of 3 has a single colour (image 2)",
                "warning: all test images are of one class, 'a': every prediction is correct",
            ], InspectionReport.Format(found, allClasses: true));
        using var larger = new ImageSet("made", zeros([1, 1, 4, 3], ScalarType.Byte), tensor(new[] { 0L }), ["a"]);
        Assert.Contains("the extra images are 1x4x3 and the train images 1x3x3",
            Assert.Throws<InputException>(() => found.Add("extra", larger)).Message);
    }

    [Fact]
    public void Many_classes_are_listed_whole_or_in_short()
    {
        using var scope = NewDisposeScope();
        string[] names = [.. Enumerable.Range(0, 200).Select(i => $"class-{i}")];
        using var set = new ImageSet("made", (arange(200) % 256).to(ScalarType.Byte).reshape(200, 1, 1, 1).expand(-1, -1, 2, 2).contiguous(),
            arange(200, dtype: ScalarType.Int64), names);
        var found = new DataInspection();
        found.Add("train", set);
        var brief = InspectionReport.Format(found, allClasses: false);
        Assert.Contains(brief, line => line.StartsWith("classes (train images): class-0 1, class-1 1", StringComparison.Ordinal)
            && line.EndsWith("192 more", StringComparison.Ordinal));
        var whole = string.Join('\n', InspectionReport.Format(found, allClasses: true));
        Assert.All(names, name => Assert.Contains(name, whole));
        Assert.All(whole.Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal)), line => Assert.InRange(line.Length, 1, 100));
    }

    /// <summary>Memory does not grow with the pixels.</summary>
    [Fact]
    public void Of_each_image_a_hash_is_kept()
    {
        using var scope = NewDisposeScope();
        using var set = new ImageSet("made", randint(0, 256, [60_000, 1, 28, 28], ScalarType.Byte), zeros(60_000, ScalarType.Int64), ["a"]);
        var found = new DataInspection();
        var (clock, before) = (Stopwatch.StartNew(), GC.GetAllocatedBytesForCurrentThread());
        found.Add("train", set);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{clock.Elapsed.TotalMilliseconds:0} ms, {(GC.GetAllocatedBytesForCurrentThread() - before) / 60_000} bytes an image");
        // An entry of the table, of 52 bytes, and of each image a hash, whether it is plain, its label and its place, 48 together.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 60_000, 1, 120);
        Assert.Equal(0, found.Splits[0].Duplicates.Count);
    }

    [Fact]
    public void Commands_say_what_they_work_with()
    {
        WriteAll("train/cat/1 train/cat/2 train/cat/3 train/dog/1 train/dog/2 train/dog/3 val/cat/1 val/dog/1");
        Copy("train/cat/1", "val/cat/1");
        folder.Write("train/dog/4.heic", [1]);
        var verified = Ended.Of(folder.Root, "data", "verify", "folder", "--data-dir", folder.Root);
        Assert.Equal(0, verified.Code);
        Assert.Contains("val/ contains the test images, as there is no test/", verified.Output);
        using var runs = new TemporaryFolder();
        string[] set = ["--dataset", "folder", "--data-dir", folder.Root, "--threads", "1"];
        var trained = Ended.Of(runs.Path,
            ["train", .. set, "--objective", "standard", "--model", "tiny-cnn", "--epochs", "1", "--test-attack", "clean", "--output",
                runs.File("run")]);
        Assert.True(trained.Code == 0, trained.Told);
        var evaluated = Ended.Of(runs.Path, "evaluate", runs.File("run"), "--attack", "clean", "--threads", "1", "--output", runs.File("again"));
        var analysed = Ended.Of(runs.Path, "analyze", runs.File("run"), "--attack", "fgsm", "--landscape", "0", "--threads", "1", "--output",
            runs.File("analysis"));
        foreach (var told in (string[])[trained.Told, evaluated.Told, analysed.Told])
        {
            Assert.Contains("data: train: 6 images, 8x8 colour, 2 classes of 3 images each\n", told);
            Assert.Contains("data: warning: 1 of 2 test images are also training images (val/cat/1.png is train/cat/1.png)", told);
            Assert.Contains("data: warning: 1 image skipped: .heic 1", told);
        }
    }

    private IReadOnlyList<string> Lines(string? place = null) => InspectionReport.Format(Found(place), allClasses: true);

    private DataInspection Found(string? place = null)
    {
        var found = new DataInspection();
        foreach (var (split, images) in Catalog.DataSets["folder"].LoadAll(place ?? folder.Root))
        {
            using (images) found.Add(split, images);
        }
        return found;
    }

    private void WriteAll(string names)
    {
        foreach (var name in names.Split(' ')) folder.Write($"{name}.png", New());
    }

    private void Copy(string from, string to) => folder.Write($"{to}.png", File.ReadAllBytes(folder[$"{from}.png"]));

    /// <summary>An image like no other.</summary>
    private byte[] New()
    {
        var own = drawn++;
        return Drawn(red: (x, y) => 8 * y + x == own ? 255 : 3 * x);
    }
}
