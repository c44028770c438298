namespace Arow.Tests.Unit.Training;

/// <summary>
/// What the end of a run would be refused for is refused at its beginning; images that a data set has for choosing weights choose them.
/// </summary>
public sealed class SeenAtTheStartTests : IDisposable
{
    private readonly MadeFolder data = new();
    private readonly TemporaryFolder runs = new();
    private int drawn;

    private static readonly TrainingOptions Small = new()
    {
        Dataset = "fashion-mnist", Model = "tiny-cnn", Objective = "standard", Epochs = 1, BatchSize = 16, TestAttack = "clean", LearningRate = 0.05,
    };

    public void Dispose()
    {
        data.Dispose();
        runs.Dispose();
    }

    [Theory]
    [InlineData("t10k-images-idx3-ubyte", 0, "t10k-images-idx3-ubyte")]
    [InlineData("t10k-images-idx3-ubyte", 100, "declares")]
    [InlineData("t10k-labels-idx1-ubyte", 9, "declares")]
    public void Test_images_that_are_missing_or_cut_short(string file, int left, string says)
    {
        data.WriteDigits(train: 20, test: 6);
        var whole = File.ReadAllBytes(data[file]);
        File.Delete(data[file]);
        if (left > 0) data.Write(file, whole[..left]);
        var options = Small with { DataDir = data.Root };
        Assert.Contains(says, Assert.Throws<InputException>(() => new TrainingRun(options, new RunFolder(runs.File("run")))).Message);
        Assert.False(Directory.Exists(runs.File("run")));
        Assert.Contains(says, Assert.Single(InputValidator.Validate([options])));
        // Whoever measures by other means does without.
        new TrainingRun(options, new RunFolder(runs.File("run")), evaluates: false).Dispose();
    }

    /// <summary>More test images than are kept in memory, of which one changes while the run trains.</summary>
    [Fact]
    public void Test_images_that_change_meanwhile_are_not_measured()
    {
        const int Many = 86_000;
        byte[] count = [0, 1, Many >> 8 & 255, Many & 255];
        data.WriteDigits(train: 20, test: 6);
        var images = data.Write("t10k-images-idx3-ubyte", [0, 0, 8, 3, .. count, 0, 0, 0, 28, 0, 0, 0, 28, .. new byte[Many * 784]]);
        data.Write("t10k-labels-idx1-ubyte", [0, 0, 8, 1, .. count, .. Enumerable.Range(0, Many).Select(i => (byte)(i % 10))]);
        var folder = new RunFolder(runs.File("run"));
        using var run = new TrainingRun(Small with { DataDir = data.Root }, folder);
        run.Run(TestContext.Current.CancellationToken);
        using (var file = File.OpenWrite(images))
        {
            file.Position = 1000;
            file.WriteByte(7);
        }
        foreach (var measure in (Action[])[() => run.Evaluate(), () => run.EvaluateKept()])
        {
            var fault = Assert.Throws<InputException>(measure).Message;
            Assert.StartsWith($"{data.Root}: the test images have changed since the start of the run: content or order of the images, or their "
                + "labels (SHA-256 ", fault);
            Assert.EndsWith($"its weights are kept: restore the images and resume it, or evaluate on the present images with "
                + $"an evaluation of {folder.Path}", fault);
        }
        Assert.True(File.Exists(folder.Weights));
        Assert.False(Directory.Exists(folder.Evaluation));
    }

    [Fact]
    public void A_hole_that_is_larger_than_the_images()
    {
        data.WriteDigits(train: 20, test: 6);
        var options = Small with { DataDir = data.Root, Cutout = 29 };
        Assert.Contains("cutout 29 is larger than the images, 1x28x28",
            Assert.Throws<InputException>(() => new TrainingRun(options, new RunFolder(runs.File("run")))).Message);
        Assert.Contains("cutout 29", Assert.Single(InputValidator.Validate([options])));
        Assert.Empty(InputValidator.Validate([options with { Cutout = 28 }]));
    }

    [Fact]
    public void Test_images_of_another_size()
    {
        data.WriteDigits(train: 20, test: 6);
        data.Write("t10k-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 6, 0, 0, 0, 14, 0, 0, 0, 28, .. new byte[6 * 14 * 28]]);
        var options = Small with { DataDir = data.Root };
        Assert.Contains("the test images are 1x14x28 and the train images 1x28x28",
            Assert.Throws<InputException>(() => new TrainingRun(options, new RunFolder(runs.File("run")))).Message);
        Assert.Contains("the test images are 1x14x28", Assert.Single(InputValidator.Validate([options])));
    }

    [Fact]
    public void Too_few_images_of_each_class_to_test_on()
    {
        Write("cat/1", "cat/2", "dog/1", "dog/2");
        Assert.Contains("too few images", Refused(Folder));
    }

    [Theory]
    [InlineData("test/cat/1 test/dog/1", "has no training images: test/ contains the test images")]
    [InlineData("train/only/1 train/only/2 test/only/1", "has images of one class only, 'only'")]
    [InlineData("train/images/1 train/images/2 test/images/1", "lies directly in images/, not in a class folder")]
    public void What_cannot_be_trained_on(string paths, string says)
    {
        Write(paths.Split(' '));
        Assert.Contains(says, Refused(Folder));
    }

    [Fact]
    public void Labels_of_one_class_among_ten()
    {
        data.WriteDigits(train: 20, test: 6);
        data.Write("train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 20, .. Enumerable.Repeat((byte)3, 20)]);
        Assert.Contains("one class only, 'dress'; a classifier needs at least two; all 20 training images belong to it",
            Refused(Small with { DataDir = data.Root }));
    }

    [Fact]
    public void Attacks_on_one_class_are_refused()
    {
        Write("test/only/1", "test/only/2");
        using var images = Catalog.DataSets["folder"].Load(Split.Test, data.Root);
        var run = new EvaluationRun("nowhere.safetensors", new() { Attacks = ["fgsm"] });
        Assert.Contains("one class only, 'only'",
            Assert.Throws<InputException>(() => run.Execute(images, new EvaluationFolder(runs.File("out")))).Message);
    }

    /// <summary>The images of val/ are nowhere trained on, and their number is what selection is measured on.</summary>
    [Fact]
    public void Validation_images_of_the_set_choose_the_weights()
    {
        Write([.. Enumerable.Range(0, 6).SelectMany(i => (string[])[$"train/cat/{i}", $"train/dog/{i}"]), "val/cat/1", "val/cat/2", "val/dog/1",
            "test/cat/1", "test/dog/1"]);
        var epochs = new List<EpochRecord>();
        using var run = new TrainingRun(Folder, new RunFolder(runs.File("run"))) { Observer = new TrainingCallbacks { Epoch = epochs.Add } };
        Assert.Equal(12, run.TrainingImages);
        Assert.Equal(["train", "validation", "test"], run.Inspection.Splits.Select(split => split.Name));
        run.Run();
        var thirds = 3 * Assert.Single(epochs).SelectionClean!.Value;
        Assert.Equal(Math.Round(thirds), thirds, 1e-9);
        Assert.Equal(2, run.Evaluate().N);
        Assert.Contains("validation 4 is more than the 3 validation images", Refused(Folder with { Validation = 4 }));
        Assert.Contains("validation 4 is more than the 3", Assert.Single(InputValidator.Validate([Folder with { Validation = 4 }])));
        using var last = new TrainingRun(Folder with { SelectOn = SelectOn.Last }, new RunFolder(runs.File("last")));
        Assert.Equal(12, last.TrainingImages);
    }

    private TrainingOptions Folder => Small with { Dataset = "folder", DataDir = data.Root };

    private string Refused(TrainingOptions options) =>
        Assert.Throws<InputException>(() => new TrainingRun(options, new RunFolder(runs.File("refused")))).Message;

    private void Write(params string[] names)
    {
        foreach (var name in names)
        {
            var own = drawn++;
            data.Write($"{name}.png", MadeFolder.Drawn(red: (x, y) => 8 * y + x == own ? 255 : 30 * x));
        }
    }
}
