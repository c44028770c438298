using Arow.Export;

namespace Arow.Tests.Unit.Checkpoints;

/// <summary>Names of architectures from keys and shapes.</summary>
public sealed class ArchitectureKeysTests
{
    [Theory]
    [InlineData("tiny-cnn")]
    [InlineData("small-cnn")]
    [InlineData("resnet18-w4")]
    [InlineData("resnet50-w2")]
    [InlineData("preact-resnet18-w4")]
    [InlineData("resnet34-imagenet")]
    [InlineData("resnet18-imagenet-stem3")]
    [InlineData("mobilenet-v2")]
    [InlineData("wrn-10-1")]
    [InlineData("dm-wrn-16-2")]
    [InlineData("dm-preact-resnet18")]
    [InlineData("preact-resnet18-raw-nobn")]
    [InlineData("resnext29-2x16d")]
    public void An_architecture_is_recognized_behind_any_prefix(string name)
    {
        using var network = Network.Create(name, new InputShape(3, 16, 16), 4, Normalization.None, 0);
        foreach (var prefix in (string[])["", "module._orig_mod.", "1."])
            Assert.Equal(name, ArchitectureKeys.Recognize(network.State.ToDictionary(s => prefix + s.Key, s => s.Value.shape)));
    }

    /// <summary>Else a network of a gigabyte would be made for a file of a few bytes.</summary>
    [Fact]
    public void Keys_alone_do_not_make_a_large_network()
    {
        var keys = Enumerable.Range(0, 11).ToDictionary(i => $"block1.layer.{i}.conv1.weight", i => (long[])[i == 0 ? 256 : 1, 16, 3, 3]);
        Assert.Null(ArchitectureKeys.Recognize(keys));
        var resnet = Enumerable.Range(1, 4).SelectMany(l => new[] { 0, 1 }.Select(b => $"layer{l}.{b}.conv1.weight")).Append("linear.weight")
            .Append("bn1.weight").ToDictionary(k => k, _ => (long[])[1]);
        Assert.Null(ArchitectureKeys.Recognize(new Dictionary<string, long[]>(resnet) { ["conv1.weight"] = [640, 3, 3, 3] }));
    }

    /// <summary>First keys of published files.</summary>
    [Theory]
    [InlineData("blocks.0.attn.qkv.weight", "a vision transformer (ViT)")]
    [InlineData("module.encoder.layers.encoder_layer_0.ln_1.weight", "a vision transformer (ViT)")]
    [InlineData("blocks.0.attn.qkv.weight dist_token", "a DeiT")]
    [InlineData("layers.0.blocks.0.attn.relative_position_bias_table layers.0.blocks.0.attn.qkv.weight", "a Swin transformer")]
    [InlineData("features.1.0.attn.relative_position_bias_table", "a Swin transformer")]
    [InlineData("cls_attn_blocks.0.gamma1 blocks.0.attn.qkv.weight", "an XCiT")]
    [InlineData("stages.0.blocks.0.conv_dw.weight head.fc.weight", "a ConvNeXt")]
    [InlineData("stages.0.0.dwconv.weight", "a ConvNeXt")]
    [InlineData("features.1.0.layer_scale", "a ConvNeXt")]
    [InlineData("conv_stem.weight blocks.0.0.conv_dw.weight", "an EfficientNet")]
    [InlineData("features.1.0.block.1.fc1.weight", "an EfficientNet")]
    [InlineData("features.denseblock1.denselayer1.norm1.weight", "a DenseNet")]
    [InlineData("features.0.weight classifier.6.weight", "a VGG or an AlexNet")]
    [InlineData("Mixed_5b.branch1x1.conv.weight", "an Inception network")]
    [InlineData("features.1.block.0.0.weight", "a MobileNetV3")]
    [InlineData("conv1.weight layer1.0.downsample.0.weight fc.weight", "a residual network of torchvision or timm")]
    public void Families_that_are_not_there_are_known_with_the_way_in(string keys, string family)
    {
        var said = ArchitectureKeys.Describe(keys.Split(' ').ToDictionary(k => k, _ => (long[])[3]))!;
        Assert.StartsWith($"its keys are those of {family}, which is not an architecture of Arow: torch.jit.trace(", said);
        Assert.Contains("torch.onnx.export(", said);
    }

    [Fact]
    public void A_file_without_its_architecture_is_opened_by_its_keys_and_another_name_is_answered_with_theirs()
    {
        using var folder = new TemporaryFolder();
        using var network = Network.Create("wrn-10-1", new InputShape(3, 8, 8), 4, Normalization.None, 1);
        TorchExport.Write(folder.File("model.pth"), network);
        var source = new ModelSource(folder.File("model.pth"), network.Input, 4);
        using (var model = ModelFile.Open(source))
        {
            Assert.Equal("wrn-10-1", model.Name);
            Assert.Contains("by its keys it is taken as wrn-10-1, unless Architecture names another", Assert.Single(model.Remarks));
        }
        using (var model = ModelFile.Open(source with { Architecture = "wrn-10-1-silu" })) Assert.Empty(model.Remarks);
        MadeModel.AssertRefused(source with { Architecture = "resnet18-w4" }, "does not match resnet18-w4", "its keys are those of wrn-10-1: Architecture = wrn-10-1");

        File.WriteAllBytes(folder.File("vit.pth"), TorchWriter.Zip(new Dictionary<string, object?> { ["blocks.0.attn.qkv.weight"] = zeros(3) }));
        MadeModel.AssertRefused(source with { Path = folder.File("vit.pth") }, "its keys are those of a vision transformer (ViT)", "torch.jit.trace");
        MadeModel.AssertRefused(source with { Path = folder.File("vit.pth"), Architecture = "resnet18" }, "vision transformer", "torch.jit.trace");
        File.WriteAllBytes(folder.File("own.pth"), TorchWriter.Zip(new Dictionary<string, object?> { ["mine"] = zeros(3) }));
        MadeModel.AssertRefused(source with { Path = folder.File("own.pth") }, "does not contain its architecture; give Architecture; Architectures.Names lists", "of a network of other code, torch.jit.trace(");
    }
}
