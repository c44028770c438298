namespace Arow.Tests.Unit.Checkpoints;

public sealed class StateDictTests
{
    [Fact]
    public void Both_forms_give_the_network_back()
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        foreach (var bytes in (byte[][])[TorchWriter.Zip(MadeModel.State(network)), TorchWriter.Legacy(MadeModel.State(network))])
        {
            using var model = ModelFile.Open(folder.Put(bytes));
            MadeModel.AssertSame(network, model);
            Assert.Equal(("tiny-cnn", Access.Gradients), (model.Name, model.Access));
            Assert.Empty(model.Remarks);
        }
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("model.")]
    [InlineData("_orig_mod.")]
    [InlineData("module._orig_mod.model.")]
    [InlineData("1.")]
    [InlineData("ema.shadow.")]
    public void Words_before_the_names_are_no_matter(string prefix)
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        using var model = ModelFile.Open(folder.Put(TorchWriter.Zip(MadeModel.State(network, prefix))));
        MadeModel.AssertSame(network, model);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Weights_that_are_no_numbers_are_refused_by_name(float value)
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        using (no_grad()) network.State["conv2.weight"][3, 1, 0, 2] = value;
        var refused = Assert.Throws<InputException>(() => ModelFile.Open(folder.Put(TorchWriter.Zip(MadeModel.State(network)))));
        Assert.Contains("infinite values in conv2.weight", refused.Message);
    }

    [Theory]
    [InlineData("state_dict")]
    [InlineData("model")]
    [InlineData("net")]
    [InlineData("something")]
    public void A_state_dict_is_found_among_other_things(string key)
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        var whole = new Dictionary<string, object?>
        {
            ["epoch"] = 3, ["best"] = 0.5, ["args"] = new Dictionary<string, object?> { ["lr"] = 0.1 },
            ["optimizer"] = new Dictionary<string, object?> { ["momentum"] = zeros(2) },
            [key] = new Dictionary<string, object?> { ["inner"] = MadeModel.State(network, "module.") },
        };
        using var model = ModelFile.Open(folder.Put(TorchWriter.Zip(whole)));
        MadeModel.AssertSame(network, model);
    }

    [Fact]
    public void Of_several_the_usual_is_taken_and_said_and_another_can_be_named()
    {
        using var folder = new TemporaryFolder();
        using var plain = MadeModel.Network(1);
        using var averaged = MadeModel.Network(2);
        var source = folder.Put(TorchWriter.Zip(new Dictionary<string, object?>
        {
            ["ema"] = MadeModel.State(averaged), ["state_dict"] = MadeModel.State(plain),
        }));
        using (var model = ModelFile.Open(source))
        {
            MadeModel.AssertSame(plain, model);
            Assert.Contains("'ema' would fit too", Assert.Single(model.Remarks));
        }
        using (var model = ModelFile.Open(source with { Key = "ema" })) MadeModel.AssertSame(averaged, model);
        MadeModel.AssertRefused(source with { Key = "swa" }, "no state dict 'swa'", "'ema'", "'state_dict'");
    }

    [Fact]
    public void Tensors_of_a_GPU_of_half_precision_and_without_counters_are_taken()
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        var state = MadeModel.State(network);
        foreach (var key in state.Keys.Where(k => k.EndsWith("num_batches_tracked")).ToList()) state.Remove(key);
        using (var model = ModelFile.Open(folder.Put(TorchWriter.Zip(state, device: "cuda:3")))) MadeModel.AssertSame(network, model);

        var key0 = state.Keys.First();
        state[key0] = ((Tensor)state[key0]!).to(ScalarType.Float16);
        using var half = ModelFile.Open(folder.Put(TorchWriter.Zip(state)));
        using var x = rand(4, 1, 8, 8);
        Assert.True((network.ForEvaluation()(x) - half.Classifier(x)).abs().max().item<float>() is > 0 and < 0.01f);
    }

    [Fact]
    public void A_normalisation_among_the_tensors_is_the_models()
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        foreach (var (mean, std) in (ValueTuple<string, string>[])[("mu", "sigma"), ("0.mean", "0.std"), ("normalize.mean", "normalize.std")])
        {
            var state = MadeModel.State(network, mean.StartsWith('0') ? "1." : "");
            (state[mean], state[std]) = (tensor(new[] { 0.25f }).reshape(1, 1, 1, 1), tensor(new[] { 0.5f }));
            var source = folder.Put(TorchWriter.Zip(state));
            using var model = ModelFile.Open(source);
            Assert.Equal((0.25, 0.5), (model.Normalization.Mean[0], model.Normalization.Std[0]));
            using var x = rand(2, 1, 8, 8);
            Assert.True((network.ForEvaluation()((x - 0.25) / 0.5) - model.Classifier(x)).abs().max().item<float>() < 1e-6f);
            using var given = ModelFile.Open(source with { Normalization = new Normalization([0.0], [2.0]) });
            Assert.True((network.ForEvaluation()(x / 2) - given.Classifier(x)).abs().max().item<float>() < 1e-6f);
        }
    }

    [Fact]
    public void What_does_not_fit_is_said_by_name()
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        MadeModel.AssertRefused(Spoilt(s => s.Remove("fc.bias")), "does not match tiny-cnn", "1 missing: fc.bias");
        MadeModel.AssertRefused(Spoilt(s => s["head.weight"] = ones(1)), "1 unexpected: head.weight");
        MadeModel.AssertRefused(Spoilt(s => s["fc.bias"] = ones(4)), "1 of different shape: fc.bias [4] instead of [3]");
        MadeModel.AssertRefused(Spoilt(s => s["fc.bias"] = ones(3, ScalarType.Int64)), "1 of different type: fc.bias");
        MadeModel.AssertRefused(Spoilt(_ => { }) with { Architecture = "preact-resnet18" }, "does not match preact-resnet18", "missing");
        MadeModel.AssertRefused(Spoilt(s => s.Remove("fc.weight")) with { Architecture = null }, "give Architecture; Architectures.Names lists", "torch.jit.trace");
        MadeModel.AssertRefused(folder.Put(TorchWriter.Zip(new Dictionary<string, object?> { ["epoch"] = 3, ["loss"] = 0.5 })), "no state dict",
            "'epoch', 'loss'");
        MadeModel.AssertRefused(folder.Put(TorchWriter.Zip(ones(3))), "no state dict", "a single tensor");
        MadeModel.AssertRefused(folder.Put(TorchWriter.Zip(5)), "no state dict");

        ModelSource Spoilt(Action<Dictionary<string, object?>> spoil)
        {
            var state = MadeModel.State(network);
            spoil(state);
            return folder.Put(TorchWriter.Zip(state));
        }
    }

    [Fact]
    public void Opening_leaves_no_tensor()
    {
        using var folder = new TemporaryFolder();
        using var network = MadeModel.Network();
        var source = folder.Put(TorchWriter.Zip(MadeModel.State(network)));
        var missing = folder.Put(TorchWriter.Zip(new Dictionary<string, object?> { ["fc.bias"] = ones(3) }), "missing.pth");
        LiveTensors.AssertNoneLeft(() =>
        {
            ModelFile.Open(source).Dispose();
            Assert.Throws<InputException>(() => ModelFile.Open(missing));
        });
    }
}
