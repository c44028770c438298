using Arow.Classes;
using Arow.Export;
using Arow.Onnx;

namespace Arow.Tests.Unit.Export;

/// <summary>Exported files are the same function, by the word of other readers.</summary>
[Numeric]
public sealed class ExportTests : IDisposable
{
    private static readonly Dictionary<string, Func<InputShape, int, nn.Module<Tensor, Tensor>>> Families = new(SmallNetworks.Residual)
    {
        ["tiny-cnn"] = (input, classes) => new TinyCnn(input, classes),
        ["small-cnn"] = (input, classes) => new SmallCnn(input, classes),
        ["small-cnn-plain"] = (input, classes) => new SmallCnn(input, classes, dropout: null),
        ["resnet"] = (input, classes) => new ResNet(input, classes, [1, 2, 1, 1], width: 8),
        ["resnet, silu"] = (input, classes) => new ResNet(input, classes, [1, 1, 1, 1], activation: Activation.Silu, width: 8),
        ["resnet, bottleneck"] = (input, classes) => new ResNet(input, classes, [1, 1, 1, 1], bottleneck: true, width: 4),
        ["preact-resnet"] = (input, classes) => new PreActResNet(input, classes, [1, 1, 1, 1], width: 8),
    };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, int, bool> All
    {
        get
        {
            var all = new TheoryData<string, int, bool>();
            foreach (var family in Families.Keys)
            {
                all.Add(family, 3, false);
                all.Add(family, 1, true);
            }
            return all;
        }
    }

    /// <summary>Logits of sums in float32, in another order: some 1e-7 for each of ten layers and the folding.</summary>
    [Theory, MemberData(nameof(All))]
    public void ONNX_Runtime_computes_the_same_logits_for_any_number_of_images(string family, int channels, bool keepBatchNorm)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = Make(family, channels);
        OnnxExport.Write(folder.File("model.onnx"), network,
            new OnnxExportOptions { KeepBatchNorm = keepBatchNorm, Probabilities = keepBatchNorm, ClassNames = ["a", "b", "c"] });
        using var read = OnnxModel.Open(new ModelSource(folder.File("model.onnx"), network.Input, 0));
        Assert.Equal("a\nb\nc", read.Metadata[ClassNames.MetadataKey]);
        var f = network.ForEvaluation();
        foreach (var n in (int[])[1, 7])
        {
            var x = rand(n, channels, network.Input.Height, network.Input.Width);
            var z = f(x);
            Assert.InRange((double)((read.Classifier(x) - z).abs().max() / z.abs().max()), 0, 1e-5);
        }
    }

    [Fact]
    public void The_same_network_gives_the_same_bytes_and_what_no_output_needs_is_left_out()
    {
        using var network = Make("wide-resnet, published", 3);
        foreach (var name in (string[])["one", "two"]) OnnxExport.Write(folder.File(name), network, new OnnxExportOptions { KeepBatchNorm = true });
        var bytes = File.ReadAllBytes(folder.File("one"));
        Assert.Equal(bytes, File.ReadAllBytes(folder.File("two")));
        // Its first blocks have a norm that nothing follows.
        Assert.Equal(-1, bytes.AsSpan().IndexOf("block2.layer.0.bn1.weight"u8));
        Assert.NotEqual(-1, bytes.AsSpan().IndexOf("block2.layer.0.bn2.weight"u8));
    }

    [Fact]
    public void A_file_that_fails_its_check_is_not_there()
    {
        using var network = Make("tiny-cnn", 1);
        Assert.Throws<InputException>(() =>
            OnnxExport.Write(folder.File("model.onnx"), network, new OnnxExportOptions(), _ => throw new InputException("no")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        using var own = new Network("own", new InputShape(1, 4, 4), 3, Normalization.None, () =>
            nn.Sequential(("flat", nn.Flatten()), ("fc", nn.Linear(16, 3))));
        Assert.Contains("is not an architecture of the Catalog",
            Assert.Throws<InputException>(() => OnnxExport.Write(folder.File("model.onnx"), own, new OnnxExportOptions())).Message);
    }

    /// <summary>Read by what reads PyTorch's own files here, whose fixtures PyTorch wrote; see the end-to-end test for PyTorch itself.</summary>
    [Theory, InlineData("small-cnn"), InlineData("resnet, bottleneck")]
    public void A_state_dict_comes_back_bit_for_bit(string family)
    {
        using var network = Make(family, 3);
        TorchExport.Write(folder.File("model.pt"), network);
        using var records = ZipRecords.Open(folder.File("model.pt"));
        using var file = TorchFile.Open(records);
        var tensors = StateDicts.Select("model.pt", file.Root, null, [.. network.State.Keys]).Tensors.Tensors;
        Assert.Equal(network.State.Keys, tensors.Keys);
        foreach (var (key, value) in network.State)
        {
            Assert.Equal(value.shape, file.GetTensor(tensors[key]).shape);
            Assert.True((file.GetTensor(tensors[key]) == value).all().item<bool>(), key);
        }
    }

    /// <summary>Statistics of batch norm that are not those of a fresh network, logits that are not zero.</summary>
    private static Network Make(string family, int channels)
    {
        manual_seed(1);
        var input = new InputShape(channels, 20, family == "dm-wide-resnet" ? 16 : 18);
        var network = new Network(family, input, 3, new Normalization([.. Enumerable.Repeat(0.4, channels)], [.. Enumerable.Repeat(0.3, channels)]),
            () => Families[family](input, 3));
        ShakenStatistics.Shake(network);
        return network;
    }
}
