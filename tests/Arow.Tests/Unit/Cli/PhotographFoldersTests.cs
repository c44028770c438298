using SkiaSharp;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Cli;

/// <summary>One's own folders as they are: with damaged pictures and pictures of other formats, with and without splits.</summary>
public sealed class PhotographFoldersTests : IDisposable
{
    private readonly MadeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Damaged_pictures_are_left_out_where_asked_for()
    {
        WritePictures("photos", 10);
        folder.Write("photos/cat/3.png", Painted(SKColors.Red)[..40]);
        folder.Write("photos/dog/4.png", [1, 2, 3]);
        var refused = Train("photos", "refused");
        Assert.Equal(2, refused.Code);
        Assert.Contains("; 1 more cannot be read: dog/4.png; --skip-damaged leaves out damaged images", refused.Faults);

        var trained = Train("photos", "run", "--skip-damaged");
        Assert.True(trained.Code == 0, trained.Faults);
        Assert.Contains("1 image is left out (cat/3.png is damaged", Flat(trained.Told));
        // The run's own choice is kept for evaluations.
        Assert.Equal(0, Arow("evaluate", folder["run"], "--attack", "clean", "--output", folder["again"]).Code);
        Assert.Equal(2, Arow("evaluate", folder["run"], "--attack", "clean", "--output", folder["no"], "--skip-damaged", "false").Code);
        Assert.Equal(0, Arow("analyze", folder["run"], "--attack", "pgd20", "--output", folder["analysis"]).Code);

        Assert.Contains("--skip-damaged leaves out", Arow("data", "resize", folder["photos"], "--size", "4", "--output", folder["small"]).Faults);
        var resized = Arow("data", "resize", folder["photos"], "--size", "4", "--output", folder["small"], "--skip-damaged");
        Assert.Contains("18 images of 4x4", resized.Output);
        Assert.Contains("2 damaged images are left out", resized.Faults);
        Assert.Contains("only images of 'folder'", Arow("evaluate", folder["run"], "--dataset", "glyphs", "--skip-damaged", "--output", folder["x"]).Faults);
        Assert.Contains("skip-damaged: only images of 'folder'", Arow("train", "--dataset", "glyphs", "--skip-damaged", "--output", folder["y"]).Faults);
    }

    /// <summary>What is looked at before a training takes what the training takes.</summary>
    [Fact]
    public void Photographs_of_any_sizes_are_verified_and_shown()
    {
        WritePictures("photos", 10);
        folder.Write("photos/cat/large.bmp.png", Painted(SKColors.Red, 20, 12));
        folder.Write("photos/dog/4.png", [1, 2, 3]);
        folder.Write("photos/dog/moving.gif", File.ReadAllBytes(Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures/pictures/animated.gif")));
        string[] how = ["--data-dir", folder["photos"], "--image-size", "6"];
        Assert.Contains("--skip-damaged leaves out damaged images", Arow(["data", "verify", "folder", .. how]).Faults);
        var verified = Arow(["data", "verify", "folder", .. how, "--skip-damaged"]);
        Assert.True(verified.Code == 0, verified.Faults);
        Assert.Contains("6x6 colour, 2 classes", verified.Output);
        Assert.Contains("(dog/moving.gif) holds several pictures", verified.Output);
        Assert.Contains("is left out (dog/4.png is damaged", verified.Output);
        Assert.Equal(2, Arow(["data", "preview", "folder", .. how, "--output", folder["no.png"]]).Code);
        Assert.Equal(0, Arow(["data", "preview", "folder", .. how, "--output", folder["seen.png"], "--columns", "2", "--skip-damaged"]).Code);
        Assert.Equal(2, Arow("data", "preview", "folder", "--data-dir", folder["photos"], "--output", folder["no.png"], "--skip-damaged").Code);
        Assert.Contains("--image-size 'x' is not", Arow("data", "verify", "folder", "--image-size", "x").Faults);
    }

    [Fact]
    public void A_class_that_vanishes_is_an_error()
    {
        WritePictures("photos", 10);
        for (var i = 0; i < 3; i++) folder.Write($"photos/fox/{i}.heic", [1]);
        folder.Write("photos/fox/deeper/4.jp2", [1]);
        var fault = Fault(new ImageFolder(), folder["photos"]);
        Assert.StartsWith($"{folder["photos"]}: nothing in fox/ is read (.heic 3, .jp2 1), so a class would be missing", fault);
        Assert.Equal(fault, Assert.Throws<InputException>(() => new ImageResizer(4, 4).Run(folder["photos"], folder["small"])).Message);
        // Beside the folders of the classes, such a folder is no class.
        Directory.CreateDirectory(folder["set"]);
        Directory.Move(folder["photos"], folder["set/train"]);
        Directory.Move(folder["set/train/fox"], folder["set/raw"]);
        new ImageFolder().Load(Split.Train, folder["set"]).Dispose();

        foreach (var path in Directory.GetFiles(folder["set/train/dog"])) File.WriteAllBytes(path, [1, 2]);
        Assert.StartsWith($"{folder["set"]}: all images of dog/ are damaged (", Fault(new ImageFolder { SkipDamaged = true }, folder["set"]));
        Assert.StartsWith("all images of train/dog/ are damaged (",
            Assert.Throws<InputException>(() => new ImageResizer(4, 4) { SkipDamaged = true }.Run(folder["set"], folder["small"])).Message);
    }

    [Fact]
    public void A_folder_without_splits_is_tested_whole_unless_the_model_was_trained_on_it()
    {
        WritePictures("photos", 10);
        WritePictures("others", 5, brightness: 60);
        Assert.Equal(0, Train("photos", "run", "--limit-train", "12").Code);
        var weights = folder["run/weights.safetensors"];
        // What a plan says holds for what it is made of.
        var planned = Train("photos", "planned", "--init", folder["run"], "--dry-run");
        Assert.Contains("starts from the weights of", planned.Told);
        Assert.Contains("is kept: the classes are the same", planned.Told.ReplaceLineEndings(" "));
        // The architecture comes with the weights.
        var unnamed = Arow("train", "--dataset", "folder", "--data-dir", folder["photos"], "--init", folder["run"], "--epochs", "1", "--threads", "1",
            "--output", folder["planned"], "--dry-run");
        Assert.True(unnamed.Code == 0, unnamed.Faults);
        Assert.Contains("model: tiny-cnn", unnamed.Output);

        var own = Evaluate(folder["run"], "own");
        Assert.Contains("4 test images", own.Output);
        Assert.Contains("was trained on this folder: the images that its training set aside are the test images", Flat(own.Told));
        var others = Evaluate(folder["run"], "others-rows", "--data-dir", folder["others"]);
        Assert.Contains("10 test images", others.Output);
        Assert.Contains("there is no test folder: all images are test images", Flat(others.Told));
        Assert.Contains("10 test images", Evaluate(weights, "by-weights", "--dataset", "folder", "--data-dir", folder["others"]).Output);
        // The images of the training are known by their content.
        Directory.Move(folder["photos"], folder["moved"]);
        Assert.Contains("4 test images", Evaluate(weights, "moved-rows", "--dataset", "folder", "--data-dir", folder["moved"]).Output);
        Assert.Equal(File.ReadAllText(folder["own/rows.tsv"]), File.ReadAllText(folder["moved-rows/rows.tsv"]));

        Directory.CreateDirectory(folder["alone"]);
        Directory.Move(folder["others"], folder["alone/test"]);
        Assert.Contains("10 test images", Evaluate(weights, "alone-rows", "--dataset", "folder", "--data-dir", folder["alone"]).Output);
    }

    private Ended Evaluate(string model, string output, params string[] more)
    {
        var ended = Arow(["evaluate", model, "--attack", "clean", "--threads", "1", "--output", folder[output], .. more]);
        Assert.True(ended.Code == 0, ended.Faults);
        return ended;
    }

    private Ended Train(string data, string output, params string[] more) => Arow(["train", "--dataset", "folder", "--data-dir", folder[data],
        "--model", "tiny-cnn", "--objective", "standard", "--epochs", "1", "--batch-size", "6", "--gap-images", "0", "--threads", "1",
        "--test-attack", "clean", "--output", folder[output], .. more]);

    /// <summary>Lines that were wrapped, whole again.</summary>
    private static string Flat(string told) => told.Replace("\ndata:   ", " ", StringComparison.Ordinal);

    private Ended Arow(params string[] words) => Ended.Of(folder.Root, words);

    private void WritePictures(string at, int count, int brightness = 0)
    {
        foreach (var (name, shade) in (ReadOnlySpan<(string, byte)>)[("cat", 20), ("dog", 120)])
        {
            for (var i = 0; i < count; i++)
                folder.Write($"{at}/{name}/{i}.png", Painted(new SKColor((byte)(shade + i + brightness), 60, (byte)(shade + 7 * i)), 8, 8));
        }
    }
}
