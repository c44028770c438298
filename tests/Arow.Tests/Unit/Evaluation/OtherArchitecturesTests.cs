using Arow.Analysis;
using Arow.Evaluation.Checks;
using Arow.Export;
using Arow.Inference;

namespace Arow.Tests.Unit.Evaluation;

/// <summary>Weights whose keys fit several functions are tried as all of them.</summary>
public sealed class OtherArchitecturesTests : IDisposable
{
    private static readonly InputShape Input = new(3, 8, 8);

    private readonly TemporaryFolder folder = new();
    private readonly Network network;
    private readonly ImageSet images;

    /// <summary>A network of the ARoW code, and images with the classes that it gives them.</summary>
    public OtherArchitecturesTests()
    {
        network = Network.Create("wrn-10-1-published", Input, 4, Normalization.None, seed: 1);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        manual_seed(1);
        ShakenStatistics.Shake(network);
        network.State["fc.weight"].normal_(0, 1);
        var pixels = (255 * rand(80, 3, 8, 8)).to(ScalarType.Byte);
        var logits = network.ForEvaluation()(ImageSet.ToPixels(pixels));
        network.State["fc.bias"].sub_(logits.mean([0]));
        images = new ImageSet("noise", pixels, network.ForEvaluation()(ImageSet.ToPixels(pixels)).argmax(1), ["a", "b", "c", "d"]);
    }

    public void Dispose()
    {
        images.Dispose();
        network.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void One_that_fits_the_images_better_is_a_warning_and_the_right_one_a_note()
    {
        TorchExport.Write(folder.File("model.pth"), network);
        var mistaken = Find("wrn-10-1")!;
        Assert.Equal(("architecture", FindingLevel.Warning), (mistaken.Check, mistaken.Level));
        Assert.Contains("fit wrn-10-1, as which it is taken, and wrn-10-1-silu, wrn-10-1-leaky, wrn-10-1-published: of 64 images drawn at random, ", mistaken.Message);
        Assert.Contains("64 as wrn-10-1-published", mistaken.Message);
        Assert.Contains("give Architecture = wrn-10-1-published", mistaken.Advice);

        var right = Find("wrn-10-1-published")!;
        Assert.Equal(FindingLevel.Note, right.Level);
        Assert.Contains("of 64 images drawn at random, 64 are classified correctly as wrn-10-1-published", right.Message);
    }

    /// <summary>Images in the order of their classes, as folders have them: the first are all of one.</summary>
    [Fact]
    public void Images_of_all_classes_are_tried_whatever_their_order()
    {
        TorchExport.Write(folder.File("model.pth"), network);
        using var scope = NewDisposeScope();
        var pixels = images.Images.repeat(10, 1, 1, 1);
        var labels = images.Labels.repeat(10);
        var order = labels.argsort();
        using var sorted = new ImageSet("sorted", pixels[order], labels[order], images.Classes);
        using var model = ModelFile.Open(new ModelSource(folder.File("model.pth"), Input, 4) { Architecture = "wrn-10-1-published" });
        // A function that knows the first class only.
        var constant = OtherArchitectures.Find(model.Network!, x => Constant(x.shape[0]), null, sorted, "model")!;
        Assert.Equal(FindingLevel.Note, OtherArchitectures.Find(model, sorted)!.Level);
        var right = int.Parse(constant.Message.Split("at random, ")[1].Split(' ')[0]);
        Assert.InRange(right, 1, 63);

        static Tensor Constant(long count) => tensor([1f, 0, 0, 0]).expand(count, 4);
    }

    [Fact]
    public void An_analysis_tries_both_models()
    {
        TorchExport.Write(folder.File("model.pth"), network);
        var result = new AnalysisRun(folder.File("model.pth"), new()
        {
            Attack = "fgsm", Threat = new ThreatModel(Norm.Linf, 0.05), Landscape = 0, Architecture = "wrn-10-1-published", Against = folder.File("model.pth"),
            AgainstArchitecture = "wrn-10-1",
        }).Execute(images, TestContext.Current.CancellationToken);
        Assert.Contains(result.Summary.Remarks, r => r.Contains("64 are classified correctly as wrn-10-1-published"));
        Assert.Contains(result.Summary.Remarks, r => r.Contains("those of another function: give AgainstArchitecture = wrn-10-1-published"));
    }

    [Fact]
    public void Where_no_image_has_a_label_a_line_says_what_is_assumed()
    {
        TorchExport.Write(folder.File("model.pth"), network);
        using (var predictor = Predictor.Open(folder.File("model.pth"), new() { Architecture = "wrn-10-1", Input = Input, ClassNames = images.Classes }))
            Assert.Contains("its keys fit wrn-10-1, as which it is taken, and wrn-10-1-silu, wrn-10-1-leaky, wrn-10-1-published, which are other functions; "
                + "an evaluation on labelled images tells them apart", Assert.Single(predictor.Remarks));
        NetworkFile.Save(folder.File("model.pth"), network, new Dictionary<string, string>(), images.Classes);
        using var proven = Predictor.Open(folder.File("model.pth"));
        Assert.Empty(proven.Remarks);
    }

    [Theory]
    [InlineData(HeadReset.No, " are classified correctly as wrn-10-1, ")]
    [InlineData(HeadReset.Yes, "which are other functions")]
    public void Training_from_weights_tries_them_if_they_classify_its_images(HeadReset reset, string says)
    {
        using var initial = Network.Create("wrn-10-1", new InputShape(1, 28, 28), 10, Normalization.None, seed: 1);
        TorchExport.Write(folder.File("model.pth"), initial);
        var said = new List<string>();
        var options = new TrainingOptions
        {
            Dataset = "glyphs", Model = "wrn-10-1", LimitTrain = 24, Validation = 8, BatchSize = 8, Epochs = 1, AttackSteps = 1, Threads = 1,
            Init = folder.File("model.pth"), ResetHead = reset,
        };
        using (var run = new TrainingRun(options, new RunFolder(folder.File("run"))) { Observer = new TrainingCallbacks { Warning = said.Add } }) run.Run();
        Assert.Contains(said, line => line.Contains(says) && line.Contains("fit wrn-10-1, as which it is taken, and wrn-10-1-silu"));
    }

    [Fact]
    public void Nothing_is_tried_where_the_file_proves_its_function_or_no_other_has_its_keys()
    {
        NetworkFile.Save(folder.File("model.pth"), network, new Dictionary<string, string>(), ["a", "b", "c", "d"]);
        Assert.Null(Find(null));
        using var alone = Network.Create("tiny-cnn", Input, 4, Normalization.None, seed: 1);
        TorchExport.Write(folder.File("model.pth"), alone);
        Assert.Null(Find("tiny-cnn"));
    }

    [Theory]
    [InlineData("resnet18", "resnet18-silu")]
    [InlineData("resnet18-w8-silu", "resnet18-w8")]
    [InlineData("preact-resnet18-gelu", "preact-resnet18 preact-resnet18-silu preact-resnet18-raw")]
    [InlineData("preact-resnet18-w8", "preact-resnet18-w8-silu")]
    [InlineData("wrn-16-1-leaky", "wrn-16-1 wrn-16-1-silu wrn-16-1-published")]
    [InlineData("dm-wrn-16-1-silu", "dm-wrn-16-1")]
    [InlineData("dm-preact-resnet18", "dm-preact-resnet18-silu")]
    [InlineData("resnet18-imagenet", "resnet18-imagenet-nopool")]
    [InlineData("resnet18-imagenet-stem3-pool", "resnet18-imagenet-stem3")]
    [InlineData("resnet50 wrn-50-2-imagenet mobilenet-v2 small-cnn resnext29-4x4d preact-resnet18-raw-nobn", "")]
    public void Twins_have_the_same_keys(string names, string twins)
    {
        foreach (var name in names.Split(' ')) Assert.Equal(twins, string.Join(' ', Architectures.FindTwins(name)));
        if (twins.Length == 0) return;
        string Keys(string name)
        {
            using var one = Network.Create(name, Input, 4, Normalization.None, 0);
            return string.Join('\n', one.State.Select(s => $"{s.Key} {string.Join(',', s.Value.shape)}"));
        }
        Assert.All(twins.Split(' '), twin => Assert.Equal(Keys(names), Keys(twin)));
    }

    private Finding? Find(string? architecture)
    {
        using var model = ModelFile.Open(new ModelSource(folder.File("model.pth"), Input, 4) { Architecture = architecture });
        return OtherArchitectures.Find(model, images);
    }
}
