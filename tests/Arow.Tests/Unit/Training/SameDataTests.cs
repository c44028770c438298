using System.Formats.Tar;
using System.IO.Compression;
using SkiaSharp;

namespace Arow.Tests.Unit.Training;

/// <summary>A run goes on with the data that it was begun with, wherever they lie by then.</summary>
public sealed class SameDataTests : IDisposable
{
    private static readonly string[] Names = ["cat", "dog", "eel"];

    private readonly MadeFolder made = new();

    public SameDataTests()
    {
        foreach (var (k, name) in Names.Index())
        {
            for (var i = 0; i < 4; i++) Paint($"data/train/{name}/{i}.png", 40 * k + 5 * i);
            for (var i = 0; i < 2; i++) Paint($"data/test/{name}/{i}.png", 40 * k + 5 * i + 2);
        }
    }

    private TrainingOptions Options => new()
    {
        Dataset = "folder", DataDir = made["data"], Model = "tiny-cnn", Objective = "standard", Epochs = 3, BatchSize = 4, Threads = 1,
        TestAttack = "clean",
    };

    private RunFolder Run => new(made["run"]);

    public void Dispose() => made.Dispose();

    [Theory]
    [InlineData("replaced", "training images: content or order of the images, or their labels")]
    [InlineData("added", "training images: 12 images, not 13 (cat 4, not 5)")]
    [InlineData("removed", "training images: 12 images, not 11 (dog 4, not 3)")]
    [InlineData("moved to another class", "training images: different numbers of images per class (cat 4, not 5; dog 4, not 3)")]
    [InlineData("swapped between classes", "training images: content or order of the images, or their labels")]
    [InlineData("class renamed", "training images: classes cat, dog, eel, not ant, cat, dog")]
    [InlineData("class renamed, order kept", "training images: classes cat, dog, eel, not cat, dog, fox")]
    [InlineData("class removed", "training images: classes cat, dog, eel, not cat, dog, 12 images, not 8")]
    [InlineData("test image replaced", "test images: content or order of the images, or their labels")]
    [InlineData("test image added", "test images: 6 images, not 7 (eel 2, not 3)")]
    public void Changed_data_are_refused_and_nothing_is_written(string change, string fault)
    {
        Begin(Options);
        Change(change);
        var before = Content(Run.Path);
        var message = Assert.Throws<InputException>(() => new TrainingRun(Options, Run, resume: true).Dispose()).Message;
        Assert.StartsWith($"{Run.Path}: was started with other data: {fault}", message);
        Assert.Equal(before, Content(Run.Path));
    }

    [Theory, InlineData("other dates"), InlineData("moved"), InlineData("archive"), InlineData("file renamed in its place")]
    public void The_same_data_elsewhere_are_the_same(string change)
    {
        Begin(Options);
        var options = Options;
        switch (change)
        {
            case "other dates":
                foreach (var file in Directory.EnumerateFiles(made["data"], "*", SearchOption.AllDirectories)) File.SetLastWriteTimeUtc(file,
                    new DateTime(2001, 1, 1));
                break;
            case "moved":
                Directory.Move(made["data"], made["elsewhere"]);
                options = options with { DataDir = made["elsewhere"] };
                break;
            case "archive":
                Pack(made["data"], made["data.tar.gz"]);
                Directory.Delete(made["data"], recursive: true);
                options = options with { DataDir = made["data.tar.gz"] };
                break;
            default:
                File.Move(made["data/train/cat/3.png"], made["data/train/cat/9.png"]);
                break;
        }
        var warnings = new List<string>();
        using (var run = new TrainingRun(options, Run, resume: true) { Observer = new TrainingCallbacks { Warning = warnings.Add } }) Assert.Equal(3,
            run.Run().Epochs);
        Assert.Empty(warnings);
        // Where they are now is what evaluations of the run look for.
        Assert.Equal(options.DataDir, RunFile.Read(Run.RunFile, []).DataDir);
        Assert.NotNull(Run.ReadData());
    }

    [Fact]
    public void A_run_that_kept_no_identity_goes_on_with_a_remark_and_keeps_it_then()
    {
        Begin(Options);
        var old = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Run.RunFile))!.AsObject();
        old.Remove("data");
        old["provenance"]!["arow"] = "0.0.1";
        File.WriteAllText(Run.RunFile, old.ToJsonString());
        Assert.Null(Run.ReadData());
        Assert.Contains("data-dir",
            Assert.Throws<InputException>(() => new TrainingRun(Options with { DataDir = made.Root }, Run, resume: true).Dispose()).Message);

        Begin(Options, resume: true, "does not identify the images");
        Assert.Contains("0.0.1", File.ReadAllText(Run.RunFile));
        Change("removed");
        Assert.Contains("was started with other data",
            Assert.Throws<InputException>(() => new TrainingRun(Options, Run, resume: true).Dispose()).Message);
    }

    [Theory, InlineData("\"counts\":"), InlineData("\"sha256\":"), InlineData("\"training\":")]
    public void A_damaged_record_of_the_data_is_refused(string cut)
    {
        Begin(Options);
        File.WriteAllText(Run.RunFile, File.ReadAllText(Run.RunFile).Replace(cut, "\"other\":", StringComparison.Ordinal));
        Assert.Contains("'data' is damaged", Assert.Throws<InputException>(() => new TrainingRun(Options, Run, resume: true).Dispose()).Message);
    }

    [Fact]
    public void Extra_images_and_helpers_are_part_of_the_data()
    {
        foreach (var name in Names) Paint($"extra/{name}/0.png", 100);
        var helper = made["helper.safetensors"];
        Helper(helper, seed: 1);
        var options = Options with { Objective = "hat", Helper = helper, ExtraData = made["extra"] };
        Begin(options);

        Helper(helper, seed: 2);
        Assert.Contains("helper: other weights", Fault());
        Helper(made["moved.safetensors"], seed: 1);
        options = options with { Helper = made["moved.safetensors"] };
        using (new TrainingRun(options, Run, resume: true)) { }
        Paint("extra/dog/0.png", 101);
        Assert.Contains("extra-data: content", Fault());

        string Fault() => Assert.Throws<InputException>(() => new TrainingRun(options, Run, resume: true).Dispose()).Message;
    }

    /// <summary>A study looks at all of its runs before it goes on with any.</summary>
    [Fact]
    public void Runs_that_were_begun_are_held_against_the_data_before_any_work()
    {
        Begin(Options);
        var another = Options with { Seed = 1, LimitTrain = 9 };
        Assert.Empty(InputValidator.Validate([(Options, (RunFolder?)Run), (another, new RunFolder(made["none"]))]));
        Change("test image added");
        Assert.StartsWith($"{Run.Path}: was started with other data: test images: 6 images, not 7",
            Assert.Single(InputValidator.Validate([(another, null), (Options, (RunFolder?)Run)])));
    }

    [Fact]
    public void Extra_images_that_name_their_classes_are_numbered_as_the_training_images()
    {
        using var train = new ImageFolder().Load(Split.Train, made["data"]);
        using var scope = NewDisposeScope();
        var labels = tensor(new long[] { 0, 1, 2, 2 });
        Npz.Write(made["named.npz"], train.Images[..4], labels, zeros(4), ["eel", "cat", "dog"]);
        Npz.Write(made["bare.npz"], train.Images[..4], labels, zeros(4));
        Npz.Write(made["other.npz"], train.Images[..4], labels, zeros(4), ["eel", "cat", "fox"]);

        using var named = Load("named.npz", out var said);
        Assert.Equal([2, 0, 1, 1], named.Labels.data<long>().ToArray());
        Assert.Contains("has its classes in another order, eel, cat, dog", said.Last());
        using var bare = Load("bare.npz", out said);
        Assert.Equal([0, 1, 2, 2], bare.Labels.data<long>().ToArray());
        Assert.Contains("has no class names", said.Last());
        Assert.Contains("its classes are eel, cat, fox, but the training images have cat, dog, eel",
            Assert.Throws<InputException>(() => Load("other.npz", out _).Dispose()).Message);

        ImageSet Load(string name, out IReadOnlyList<string> remarks) => RunInputs.LoadExtra(made[name], Options, train, CPU, out _, out remarks);
    }

    [Fact]
    public void A_checkpoint_of_a_run_on_other_images_is_refused()
    {
        Begin(Options);
        Change("replaced");
        File.Delete(Run.RunFile);
        Directory.Move(Run.Checkpoints.Path, made["checkpoints"]);
        Directory.Delete(Run.Path, recursive: true);
        Begin(Options);
        Directory.Delete(Run.Checkpoints.Path, recursive: true);
        Directory.Move(made["checkpoints"], Run.Checkpoints.Path);
        using var run = new TrainingRun(Options, Run, resume: true);
        Assert.Contains("is of a run with other training images", Assert.Throws<InputException>(() => run.Run()).Message);
    }

    [Fact]
    public void Weights_name_the_data_that_they_were_trained_on()
    {
        using (var run = new TrainingRun(Options with { Epochs = 1 }, Run)) run.Run();
        using var weights = Safetensors.Read(Run.Weights);
        Assert.Equal(Run.ReadData()!.Training.Sha256, weights.Metadata["data_sha256"]);
    }

    [Fact]
    public void The_hash_does_not_depend_on_how_the_images_are_read()
    {
        using var all = new ImageFolder().Load(Split.Train, made["data"]);
        Pack(made["data"], made["data.tgz"]);
        using var packed = new ImageFolder().Load(Split.Train, made["data.tgz"]);
        Assert.Equal(DataIdentity.ComputeHash(all), DataIdentity.ComputeHash(packed));
        Assert.Equal([4, 4, 4], DataIdentity.Compute(all).Counts);
        Assert.Null(DataIdentity.Compute(all).DescribeDifference(DataIdentity.Compute(packed)));
    }

    /// <summary>Takes one step.</summary>
    private void Begin(TrainingOptions options, bool resume = false, string? warning = null)
    {
        var warnings = new List<string>();
        using var run = new TrainingRun(options, Run, resume) { Observer = new TrainingCallbacks { Warning = warnings.Add } };
        Assert.True(run.Run(new CancellationToken(canceled: true)).Interrupted);
        if (warning is not null) Assert.Contains(warnings, w => w.Contains(warning, StringComparison.Ordinal));
    }

    private void Helper(string path, long seed)
    {
        using var network = Arow.Models.Network.Create("tiny-cnn", new Arow.Models.InputShape(1, 8, 8), 3, Arow.Models.Normalization.None, seed);
        NetworkFile.Save(path, network, new Dictionary<string, string>(), Names);
    }

    private void Change(string what)
    {
        switch (what)
        {
            case "replaced": Paint("data/train/cat/1.png", 250); break;
            case "added": Paint("data/train/cat/4.png", 250); break;
            case "removed": File.Delete(made["data/train/dog/0.png"]); break;
            case "moved to another class": File.Move(made["data/train/dog/0.png"], made["data/train/cat/4.png"]); break;
            case "swapped between classes":
                File.Move(made["data/train/dog/0.png"], made["data/train/cat/4.png"]);
                File.Move(made["data/train/cat/0.png"], made["data/train/dog/0.png"]);
                break;
            case "class renamed": Rename("eel", "ant"); break;
            case "class renamed, order kept": Rename("eel", "fox"); break;
            case "class removed":
                foreach (var half in (string[])["train", "test"]) Directory.Delete(made[$"data/{half}/eel"], recursive: true);
                break;
            case "test image replaced": Paint("data/test/cat/1.png", 250); break;
            case "test image added": Paint("data/test/eel/2.png", 250); break;
            default: throw new ArgumentException(what);
        }
    }

    private void Rename(string from, string to)
    {
        foreach (var half in (string[])["train", "test"]) Directory.Move(made[$"data/{half}/{from}"], made[$"data/{half}/{to}"]);
    }

    private void Paint(string name, int grey) => made.Write(name, MadeFolder.Painted(new SKColor((byte)grey, (byte)grey, (byte)grey), grey: true));

    private static void Pack(string folder, string archive)
    {
        using var file = File.Create(archive);
        using var gzip = new GZipStream(file, CompressionLevel.Fastest);
        TarFile.CreateFromDirectory(folder, gzip, includeBaseDirectory: true);
    }

    private static Dictionary<string, string> Content(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(f => f, f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))));
}
