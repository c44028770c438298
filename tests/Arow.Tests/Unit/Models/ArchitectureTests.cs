using System.Text.RegularExpressions;

namespace Arow.Tests.Unit.Models;

/// <summary>Architectures by name: those of the Catalog, and those whose names hold numbers.</summary>
[Numeric]
public sealed class ArchitectureTests
{
    private static readonly InputShape Grey = new(1, 8, 8), Colour = new(3, 8, 8);

    /// <summary>
    /// For colour images and ten classes: 2.7, 8.9 and 0.56 million as published (Zagoruyko and Komodakis 2016), ResNet-18's 11.17 million, and its
    /// formula at a quarter of the width.
    /// </summary>
    [Theory]
    [InlineData("wrn-16-4", 2_748_890)]
    [InlineData("wrn-40-1-silu", 563_930)]
    [InlineData("resnet18-w64", 11_173_962)]
    [InlineData("resnet18-w16", 701_466)]
    [InlineData("preact-resnet18-w16", 701_018)]
    public void A_name_with_numbers_has_the_published_number_of_weights(string name, long weights)
    {
        using var network = Network.Create(name, Colour, 10, Normalization.None, 0);
        Assert.Equal(name, network.Architecture);
        Assert.Equal(weights, network.Parameters.Sum(p => p.Value.numel()));
    }

    [Theory]
    [InlineData("resnet18-w16", "resnet18")]
    [InlineData("resnet18-w4-silu", "resnet18-silu")]
    [InlineData("resnet34-w8", "resnet34")]
    [InlineData("resnet50-w8", "resnet50")]
    [InlineData("preact-resnet18-w16", "preact-resnet18")]
    [InlineData("preact-resnet18-w1-silu", "preact-resnet18-silu")]
    [InlineData("small-cnn-plain", "small-cnn")]
    public void Keys_are_those_of_the_published_width(string name, string wide)
    {
        var input = name.StartsWith("small", StringComparison.Ordinal) ? new InputShape(1, 16, 16) : Grey;
        using var narrow = Network.Create(name, input, 10, Normalization.None, 0);
        using var published = Network.Create(wide, input, 10, Normalization.None, 0);
        Assert.Equal(published.State.Keys.Order(), narrow.State.Keys.Order());
    }

    [Theory, InlineData("resnet18-w4"), InlineData("preact-resnet18-w8"), InlineData("wrn-10-1"), InlineData("wrn-10-2-published")]
    public void Weights_say_the_name_that_opens_them(string name)
    {
        using var folder = new TemporaryFolder();
        using var network = Network.Create(name, Grey, 10, Normalization.None, 3);
        NetworkFile.Save(folder.File("w.safetensors"), network, new Dictionary<string, string>(), [.. "0123456789".Select(c => $"{c}")]);
        var (opened, _) = NetworkFile.Load(folder.File("w.safetensors"));
        using (opened) Assert.Equal(name, opened.Architecture);
    }

    /// <summary>
    /// Where channels leave blocks of oneDNN unfilled as well: it gets gradients of such layers wrong, for every image. A unit that a rounding
    /// turns on or off does it for one.
    /// </summary>
    [Theory, InlineData("resnet18-w4"), InlineData("resnet18-w8"), InlineData("preact-resnet18-w12"), InlineData("resnet18-w16"),
        InlineData("wrn-10-1"), InlineData("resnext29-4x4d"), InlineData("mobilenet-v2"), InlineData("dm-wrn-10-1")]
    public void Gradients_of_images_are_those_of_float64(string name)
    {
        using var scope = NewDisposeScope();
        using var network = Network.Create(name, Grey, 10, Normalization.None, 3);
        using var exact = network.Copy();
        exact.Module.to(ScalarType.Float64);
        manual_seed(1);
        var x = torch.rand([6, 1, 8, 8]);
        Criterion criterion = z => z.square().sum(1);
        var expected = InputGradient.Compute(exact.ForEvaluation(), criterion, x.to(ScalarType.Float64));
        Classifier[] forms = [network.ForEvaluation(), network.Fold().Classifier];
        foreach (var form in forms)
        {
            var gradient = InputGradient.Compute(form, criterion, x).to(ScalarType.Float64);
            var errors = (gradient - expected).flatten(1).norm(1) / expected.flatten(1).norm(1);
            Assert.InRange(errors.min().item<double>(), 0, 1e-4);
        }
    }

    [Theory]
    [InlineData("wrn-17-4", "D, the depth, must be 6n + 4")]
    [InlineData("wrn-4-1", "from 10 to 1000")]
    [InlineData("wrn-100000-9", "from 10 to 1000")]
    [InlineData("wrn-99999999999999999999-1", "from 10 to 1000")]
    [InlineData("wrn-16-0", "W, the channel multiplier, must be at least 1")]
    [InlineData("wrn-28-99999999999", "million weights; at most 500 million")]
    [InlineData("wrn-1000-10", "has about 1,606 million weights")]
    [InlineData("resnet18-w0", "N, the channels of the first stage, must be at least 1")]
    [InlineData("resnet50-w1000000", "million weights; at most 500 million")]
    [InlineData("resnet20-imagenet-stem3", "D, the depth, must be 18, 34 or 50")]
    [InlineData("resnext29-0x4d", "C, the groups, and W, their channels in the first stage, must be at least 1")]
    [InlineData("resnext29-64x256d", "million weights; at most 500 million")]
    [InlineData("resnet18-w016", "is unknown; Architectures.Names lists the known ones")]
    [InlineData("resnet18-w", "(did you mean resnet18-wN?); Architectures.Names lists")]
    [InlineData("wrn-16-4-", "is unknown; Architectures.Names lists")]
    [InlineData("wrn-D-W", "is unknown")]
    [InlineData("wrn-16-4\n", "is unknown")]
    [InlineData("", "is unknown")]
    public void A_number_that_means_nothing_is_refused_with_the_rule(string name, string says)
    {
        Assert.Contains(says, Architectures.ValidateName("model", name));
        Assert.Contains(says, Assert.Throws<InputException>(() => Architectures.Find(name)).Message);
    }

    [Theory, InlineData("dm-wrn-10-1", 8, 6, "multiples of 4, not 3x8x6"), InlineData("dm-preact-resnet18", 7, 8, "at least 8x8 pixels, not 3x7x8")]
    public void Images_that_the_published_padding_does_not_take_are_refused(string name, int height, int width, string says) => Assert.Contains(says,
        Assert.Throws<InputException>(() => Network.Create(name, new InputShape(3, height, width), 2, Normalization.None, 0)).Message);

    /// <summary>What <c>arow models</c> lists. Those of more than fifty million weights would take seconds.</summary>
    [Fact]
    public void All_are_listed_with_their_parameters()
    {
        Assert.Equal(Architectures.All.Keys.Except(["own"]).Concat(Architectures.Families.Select(f => f.Pattern)).Order(),
            PublishedArchitecture.All.Select(a => a.Name).Order());
        foreach (var same in PublishedArchitecture.All.Where(a => a.Parameters < 5e7).GroupBy(a => (a.Parameters, a.Keys)))
        {
            Assert.All(same, a => Assert.Null(Architectures.ValidateName("model", a.Example)));
            using var network = Network.Create(same.First().Example, new InputShape(3, 32, 32), 10, Normalization.None, 0);
            Assert.Equal((same.First().Example, same.Key.Parameters), (same.First().Example, network.Parameters.Sum(p => p.Value.numel())));
            Assert.All(same.Key.Keys.Split(' ').Where(k => k != "…"), key => Assert.Contains(network.State.Keys, k => k.StartsWith($"{key}.")));
        }
    }

    /// <summary>
    /// RobustBench's models by class and arguments, as its source (78fcc9e) builds them, and the architecture that each is: 144 of 206. Two more,
    /// which compute 2x - 1 in their code, need the normalization to be given. Others are no architecture of Arow.
    /// </summary>
    private static readonly (int Entries, string Class, string Architecture)[] OfRobustBench =
    [
        (3 + 6 + 1, "WideResNet(28, 10)", "wrn-28-10"), (2 + 3 + 6 + 4 + 6 + 11 + 2 + 2 + 1, "WideResNet(34, 10)", "wrn-34-10"),
        (1, "WideResNet(34, 15)", "wrn-34-15"), (5 + 1, "WideResNet(34, 20)", "wrn-34-20"), (2, "WideResNet(40, 2)", "wrn-40-2"),
        (1, "WideResNet(70, 16)", "wrn-70-16"), (14, "DMWideResNet(28, 10)", "dm-wrn-28-10-silu"), (1, "DMWideResNet(34, 10)", "dm-wrn-34-10-silu"),
        (1, "DMWideResNet(34, 20)", "dm-wrn-34-20-silu"), (21, "DMWideResNet(70, 16)", "dm-wrn-70-16-silu"),
        (1, "DMWideResNet(82, 8)", "dm-wrn-82-8-silu"), (1, "DMWideResNet(94, 16)", "dm-wrn-94-16-silu"),
        (1, "DMWideResNet(106, 16)", "dm-wrn-106-16-silu"), (8, "DMPreActResNet(18)", "dm-preact-resnet18-silu"),
        (7, "ResNet(BasicBlock, [2, 2, 2, 2])", "resnet18"), (3, "ResNet(Bottleneck, [3, 4, 6, 3])", "resnet50"),
        (8, "PreActResNet(PreActBlockV2, bn_before_fc)", "preact-resnet18"),
        (1, "PreActResNet(PreActBlock, bn_before_fc, out_shortcut)", "preact-resnet18"),
        (2, "PreActResNet(PreActBlock)", "preact-resnet18-raw-nobn"), (2, "CifarResNeXt(29, 4, 32)", "resnext29-4x32d"),
        (1, "torchvision.resnet18", "resnet18-imagenet"), (12, "torchvision.resnet50", "resnet50-imagenet"),
        (3, "torchvision.wide_resnet50_2", "wrn-50-2-imagenet"),
    ];

    [Fact]
    public void The_list_counts_the_entries_of_RobustBench_that_are_architectures_of_Arow()
    {
        Assert.Equal(144, OfRobustBench.Sum(e => e.Entries));
        Assert.Equal(144, PublishedArchitecture.All.Sum(a => a.Entries));
        Assert.All(OfRobustBench, e => Assert.Null(Architectures.ValidateName("model", e.Architecture)));
        // Sizes and activations of one kind are counted in one row of the list.
        (string Kind, int Entries)[] Kinds(IEnumerable<(string Name, int Entries)> all) =>
            [.. all.GroupBy(e => Kind(e.Name)).Select(g => (g.Key, Entries: g.Sum(e => e.Entries))).Where(g => g.Entries > 0).Order()];
        string Kind(string name) =>
            name.EndsWith("-imagenet") ? "imagenet" : Regex.Match(name, "^(dm-)?(preact-)?(wrn|resnext|resnet)(.*nobn)?").Value;
        var counted = Kinds(OfRobustBench.Select(e => (e.Architecture, e.Entries)));
        Assert.Equal(counted, Kinds(PublishedArchitecture.All.Select(a => (a.Name, a.Entries))));
    }

    [Fact]
    public void The_largest_published_one_is_allowed_and_all_names_are_known()
    {
        Assert.All(Architectures.All.Keys.Concat(["dm-wrn-106-16-silu", "wrn-1000-1", "resnet18-w300", "wrn-34-20"]), name =>
            Assert.Null(Architectures.ValidateName("model", name)));
        Assert.All(Architectures.Families, family => Assert.Contains(family.Pattern, Architectures.Names));
        Assert.Null(Architectures.ValidateName("model", null));
    }
}
