using System.Text.Json;

namespace Arow.Tests.Unit.Checkpoints;

/// <summary>Checkpoints as other programs write them: weights among other things.</summary>
[Numeric]
public sealed class PeerCheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Network network = MadeModel.Network();

    public void Dispose()
    {
        network.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("n_averaged", "module.", "counters")]
    [InlineData("total_ops", "", "counters")]
    [InlineData("conv1.total_params", "", "counters")]
    [InlineData("num_updates", "", "counters")]
    [InlineData("criterion.weight", "model.", "training loss")]
    public void What_no_prediction_uses_is_passed_over_with_a_remark(string name, string prefix, string says)
    {
        var state = MadeModel.State(network, prefix);
        state[name] = name == "criterion.weight" ? ones(3) : tensor(5L);
        using var model = ModelFile.Open(folder.Put(TorchWriter.Zip(state)));
        MadeModel.AssertSame(network, model);
        Assert.Contains(model.Remarks, r => r.Contains($"'{name}'") && r.Contains(says));
        // More than a number is no counter.
        if (says == "counters") MadeModel.AssertRefused(Changed(s => s[name] = ones(2)), "unexpected", "IgnoreKeys = PATTERN leaves them out");
    }

    [Fact]
    public void The_block_of_wide_networks_that_their_published_code_never_calls_is_passed_over()
    {
        using var scope = NewDisposeScope();
        var images = new InputShape(3, 8, 8);
        using var wide = Arow.Models.Network.Create("wrn-10-1", images, MadeModel.Classes, Normalization.None, 1);
        var state = MadeModel.State(wide, "module.");
        foreach (var (key, value) in wide.State.Where(s => s.Key.StartsWith("block1.")))
            state[$"module.sub_{key}"] = value.is_floating_point() ? value + 1 : value;
        var source = folder.Put(TorchWriter.Zip(state)) with { Architecture = "wrn-10-1", Input = images };
        using var model = ModelFile.Open(source);
        using var frozen = no_grad();
        var x = rand(2, 3, 8, 8);
        Assert.Equal(0, (wide.ForEvaluation()(x) - model.Classifier(x)).abs().max().item<float>());
        Assert.Contains("'sub_block1.", Assert.Single(model.Remarks, r => r.Contains("sub_block1")));
        // Of another shape it is something else.
        state["module.sub_block1.layer.0.conv1.weight"] = ones(1, 2, 3, 3);
        MadeModel.AssertRefused(folder.Put(TorchWriter.Zip(state)) with { Architecture = "wrn-10-1", Input = images }, "1 unexpected", "sub_block1");
    }

    /// <summary>As <c>torch.nn.utils</c> names them; Python's logits are the same to 2e-7 (2026-11-30).</summary>
    [Theory]
    [InlineData("pruning", "_orig", "_mask", null)]
    [InlineData("weight normalization", "_g", "_v", null)]
    [InlineData("weight normalization", ".original0", ".original1", null)]
    [InlineData("spectral normalization", "_orig", "_u", "_v")]
    [InlineData("spectral normalization", ".original", ".0._u", ".0._v")]
    public void Weights_that_a_module_computes_from_others_are_computed(string what, params string?[] endings)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var weight = network.State["conv1.weight"];
        weight.relu_();
        var state = MadeModel.State(network, "module.");
        state.Remove("module.conv1.weight");
        var (outputs, mask) = (weight.shape[0], (weight > 0).to(ScalarType.Float32));
        var u = arange(1, outputs + 1, ScalarType.Float32);
        var gradient = weight.reshape(outputs, -1).t().mv(u);
        Tensor[] parts = what switch
        {
            "pruning" => [weight + 5 * (1 - mask), mask],
            "weight normalization" => [weight.square().sum([1, 2, 3], keepdim: true).sqrt(), 4 * weight],
            // u W v is 3.
            _ => [3 * weight, u, gradient / gradient.square().sum()],
        };
        var name = endings[0]![0] == '.' ? "module.conv1.parametrizations.weight" : "module.conv1.weight";
        foreach (var (ending, part) in endings.OfType<string>().Zip(parts)) state[name + ending] = part;
        using var model = ModelFile.Open(folder.Put(TorchWriter.Zip(state)));
        Assert.Contains($"{what}: 1 weight is computed", Assert.Single(model.Remarks));
        var x = rand(4, 1, 8, 8);
        // A few roundings of each weight.
        Assert.InRange((network.ForEvaluation()(x) - model.Classifier(x)).abs().max().item<float>(), 0, 1e-5f);
    }

    [Fact]
    public void Fields_of_named_tuples_are_searched_and_keys_that_are_no_texts_are_named()
    {
        using (var model = ModelFile.Open(folder.Put(TorchWriter.Zip(new Called("__main__", "Saved", [MadeModel.State(network), 3])))))
            MadeModel.AssertSame(network, model);
        // As {0: state_dict}: K\0 is the key.
        byte[] pickle = [0x80, 2, .. "}K\0}s."u8];
        MadeModel.AssertRefused(folder.Put(ZipWriter.Write([("archive/data.pkl", pickle), ("archive/version", "3\n"u8.ToArray())])),
            "contains no state dict: the keys of its dictionary are not texts");
    }

    [Fact]
    public void Others_are_left_out_only_by_name()
    {
        void Add(Dictionary<string, object?> state) => (state["fc_rot.weight"], state["fc_rot.bias"]) = (ones(4, 64), ones(4));
        var source = Changed(Add);
        MadeModel.AssertRefused(source, "2 unexpected: fc_rot.bias, fc_rot.weight; if the model does not need them, IgnoreKeys");
        using var model = ModelFile.Open(source with { IgnoreKeys = ["fc_rot.*"] });
        MadeModel.AssertSame(network, model);
        Assert.Contains("left out as 'fc_rot.*' says", Assert.Single(model.Remarks));
        MadeModel.AssertRefused(source with { IgnoreKeys = ["fc_*.weight", "other"] }, "has no tensor 'other'");
        MadeModel.AssertRefused(source with { IgnoreKeys = ["fc*"] }, "2 missing: fc.bias, fc.weight");
    }

    [Fact]
    public void A_second_copy_with_the_same_values_is_passed_over_and_one_with_others_is_asked_for()
    {
        using var other = MadeModel.Network(2);
        Dictionary<string, object?> Both(Network second)
        {
            var state = MadeModel.State(network, "module.model.");
            foreach (var (key, value) in MadeModel.State(second, "module.attacker.model.")) state[key] = value;
            (state["module.normalizer.new_mean"], state["module.normalizer.new_std"]) = (ones(1, 1, 1) * 0.25f, ones(1, 1, 1) * 0.5f);
            (state["module.attacker.normalize.new_mean"], state["module.attacker.normalize.new_std"]) = (ones(1, 1, 1) * 0.25f, ones(1, 1, 1) * 0.5f);
            return new Dictionary<string, object?> { ["model"] = state, ["epoch"] = 3 };
        }
        using (var model = ModelFile.Open(folder.Put(TorchWriter.Zip(Both(network)))))
        {
            Assert.Equal((0.25, 0.5), (model.Normalization.Mean[0], model.Normalization.Std[0]));
            Assert.Contains(model.Remarks, r => r.Contains("a second copy"));
            using var x = rand(2, 1, 8, 8);
            Assert.True((network.ForEvaluation()((x - 0.25) / 0.5) - model.Classifier(x)).abs().max().item<float>() < 1e-6f);
        }
        var differing = folder.Put(TorchWriter.Zip(Both(other)));
        MadeModel.AssertRefused(differing, "several times with different values", "Key = module.attacker.model");
        using var selected = ModelFile.Open(differing with { Key = "module.attacker.model" });
        MadeModel.AssertSame(other, selected);
    }

    [Fact]
    public void Normalizations_with_other_names_are_applied_and_those_that_no_forward_pass_applies_are_not()
    {
        using var pixels = ModelFile.Open(Changed(s => (s["pixel_mean"], s["pixel_std"]) = (ones(1) * 51f, ones(1) * 127.5f)));
        Assert.Equal((0.2, 0.5), (pixels.Normalization.Mean[0], pixels.Normalization.Std[0]));
        Assert.Contains("of pixels from 0 to 255", Assert.Single(pixels.Remarks));
        using var noted = ModelFile.Open(Changed(s =>
            (s["mean"], s["std"], s["n_classes"]) = (ones(1, 1, 1, 1) * 0.25f, ones(1, 1, 1, 1) * 0.5f, tensor(3L))));
        Assert.True(noted.Normalization.IsIdentity);
        Assert.Contains(noted.Remarks, r => r.Contains("not applied: MAIR"));
        MadeModel.AssertRefused(Changed(s => (s["a.mean"], s["a.std"], s["b.mean"], s["b.std"]) = (ones(1), ones(1), zeros(1), ones(1))),
            "several normalizations");
        using var given = ModelFile.Open(Changed(s => (s["a.mean"], s["a.std"], s["b.mean"], s["b.std"]) = (ones(1), ones(1), zeros(1), ones(1)))
            with
        { Normalization = new Normalization([0.5], [0.5]) });
        Assert.Equal(0.5, given.Normalization.Mean[0]);
    }

    [Fact]
    public void Frameworks_dictionaries_and_whole_modules_give_their_tensors()
    {
        var state = MadeModel.State(network);
        var dictionary = new MadeObject("easydict", "EasyDict") { Items = state };
        var module = Module(state, "");
        foreach (var root in (object[])[dictionary, new MadeObject("types", "SimpleNamespace") { State = new Dictionary<string, object?> { ["net"] = state } },
            module, new Dictionary<string, object?> { ["model"] = module, ["epoch"] = 1 }])
        {
            using var model = ModelFile.Open(folder.Put(TorchWriter.Zip(root)));
            MadeModel.AssertSame(network, model);
        }
        using var whole = ModelFile.Open(folder.Put(TorchWriter.Zip(module)));
        Assert.Contains("contains a whole module, '__main__.Net'", Assert.Single(whole.Remarks));

        static MadeObject Module(Dictionary<string, object?> tensors, string prefix)
        {
            var names = tensors.Keys.Where(k => k.StartsWith(prefix)).Select(k => k[prefix.Length..]).ToList();
            var own = names.Where(n => !n.Contains('.')).ToList();
            return new MadeObject("__main__", "Net")
            {
                State = new Dictionary<string, object?>
                {
                    ["training"] = true, ["_parameters"] = own.Where(n => n is "weight" or "bias").ToDictionary(n => n, n => tensors[prefix + n]),
                    ["_buffers"] = own.Where(n => n is not ("weight" or "bias")).ToDictionary(n => n, n => tensors[prefix + n]),
                    ["_modules"] = names.Where(n => n.Contains('.')).Select(n => n.Split('.')[0]).Distinct()
                        .ToDictionary(n => n, n => (object?)Module(tensors, $"{prefix}{n}.")),
                },
            };
        }
    }

    [Fact]
    public void Arrays_of_NumPy_are_read_where_tensors_are_missing_and_only_there()
    {
        var state = MadeModel.State(network);
        var arrays = network.State.ToDictionary(s => s.Key, s => (object?)NumpyPickle.Array(s.Value));
        Opens(TorchWriter.Zip(new Dictionary<string, object?> { ["epoch"] = 1, ["model"] = arrays, ["history"] = arrays["fc.bias"] }), "its weights are arrays");
        Opens(TorchWriter.Legacy(arrays), "its weights are arrays");
        Opens(TorchWriter.Pickle(arrays), "its weights are arrays");
        Opens(TorchWriter.Zip(new Dictionary<string, object?>(state) { ["fc.bias"] = arrays["fc.bias"], ["random_state"] = arrays["conv1.weight"] }),
            "some of its weights are arrays");
        Opens(TorchWriter.Zip(new Dictionary<string, object?>(state) { ["random_state"] = arrays["conv1.weight"] }));
        Opens(TorchWriter.Zip(new List<object?> { 1, new object?[] { 2, state } }));
        // NumPy has no single numbers that can be written to.
        var counted = network.State.ToDictionary(s => s.Key, s => (object?)NumpyPickle.Array(s.Value.dim() == 0 ? s.Value.reshape(1) : s.Value));
        Opens(TorchWriter.Pickle(counted), "its weights are arrays");

        void Opens(byte[] bytes, params string[] remarks)
        {
            using var model = ModelFile.Open(folder.Put(bytes));
            MadeModel.AssertSame(network, model);
            Assert.Equal(remarks.Length, model.Remarks.Count);
            foreach (var (remark, says) in model.Remarks.Zip(remarks)) Assert.Contains(says, remark);
        }
    }

    [Fact]
    public void Arrays_that_are_not_what_they_say_are_refused_only_where_a_tensor_is_needed()
    {
        var numbers = new byte[12];
        object?[] wrong =
        [
            NumpyPickle.Array("O8", "|", [3L], new List<object?> { 1, 2, 3 }), NumpyPickle.Array("f4", "<", [4L], numbers),
            NumpyPickle.Array("f4", "<", [-3L], numbers), NumpyPickle.Array("f4", "<", [1L << 62, 1L << 62, 3L], numbers),
            NumpyPickle.Array("V4", "|", [3L], numbers), NumpyPickle.Array("f4", 7, [3L], numbers), NumpyPickle.Array(null, "<", [3L], numbers),
            NumpyPickle.Array("f4", "<", ["3"], numbers), NumpyPickle.Array("f4", "<", [3L], 12L), NumpyPickle.Array("f4", "<", [3L], null),
            NumpyPickle.Array("U1", "<", [3L], numbers), NumpyPickle.Array("f4", "<", [3L], numbers, module: "numpy.ma.core"),
            new Called("numpy.core.multiarray", "_reconstruct", []) { State = [1, 2, 3, 4, 5] },
            new Called("numpy.core.numeric", "_frombuffer", [numbers, "f4", new object?[] { 3L }, "C"]),
            new Called("torch.storage", "_load_from_bytes", [numbers]),
        ];
        foreach (var array in wrong)
        {
            var state = MadeModel.State(network);
            using (var beside = ModelFile.Open(folder.Put(TorchWriter.Zip(new Dictionary<string, object?>(state) { ["other"] = array }))))
                MadeModel.AssertSame(network, beside);
            state["fc.bias"] = array;
            MadeModel.AssertRefused(folder.Put(TorchWriter.Zip(state)), "'fc.bias' is not stored as a tensor");
        }
    }

    [Fact]
    public void The_last_layer_may_be_another_part_of_the_file()
    {
        var state = network.State.ToDictionary(s => (s.Key.StartsWith("fc.") ? "model.head." : "model.backbone.") + s.Key, s => (object?)s.Value);
        using (var model = ModelFile.Open(folder.Put(TorchWriter.Zip(state))))
        {
            MadeModel.AssertSame(network, model);
            Assert.Contains("'model.head.fc.", Assert.Single(model.Remarks));
        }
        // Which of two is not said.
        (state["model.other.fc.weight"], state["model.other.fc.bias"]) = (state["model.head.fc.weight"], state["model.head.fc.bias"]);
        MadeModel.AssertRefused(folder.Put(TorchWriter.Zip(state)), "2 missing: fc.bias, fc.weight");
    }

    [Fact]
    public void Weights_of_TorchSharp_are_read()
    {
        network.Module.save(folder.File("w.dat"));
        var source = MadeModel.Source(folder.File("w.dat"));
        using (var model = ModelFile.Open(source)) MadeModel.AssertSame(network, model);
        var good = File.ReadAllBytes(source.Path);
        MadeModel.AssertRefused(folder.Put(good[..^1], "w.dat"), "TorchSharp's module.save");
        MadeModel.AssertRefused(folder.Put([.. good, 0], "w.dat"), "TorchSharp's module.save");
        // A tensor of 2^42 numbers: nothing is allocated for it.
        MadeModel.AssertRefused(folder.Put([1, 1, (byte)'a', 6, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], "w.dat"), "TorchSharp's module.save");
    }

    [Fact]
    public void Weights_in_several_files_are_read_by_their_index()
    {
        var keys = network.State.Keys.ToList();
        var (first, second) = (keys[..5], keys[5..]);
        Safetensors.Write(folder.File("a.safetensors"), network.State.Where(s => first.Contains(s.Key)).ToDictionary(), new Dictionary<string, string>());
        File.WriteAllBytes(folder.File("b.bin"), TorchWriter.Zip(second.ToDictionary(k => k, k => (object?)network.State[k])));
        var source = Index(k => first.Contains(k) ? "a.safetensors" : "b.bin");
        using (var model = ModelFile.Open(source)) MadeModel.AssertSame(network, model);
        var hash = EvaluationRun.HashFile(source.Path);
        MadeModel.AssertRefused(Index(k => first.Contains(k) ? "b.bin" : "a.safetensors"), "has no tensor");
        MadeModel.AssertRefused(Index(_ => "../a.safetensors"), "does not lie beside it");
        MadeModel.AssertRefused(Index(_ => "c.safetensors"), "'c.safetensors' that it names is missing");
        MadeModel.AssertRefused(folder.Put("{}"u8.ToArray(), "i.json"), "is a JSON file without 'weight_map'");
        MadeModel.AssertRefused(folder.Put("{"u8.ToArray(), "i.json"), "no valid JSON");
        File.WriteAllBytes(folder.File("b.bin"), TorchWriter.Zip(second.ToDictionary(k => k, k => (object?)ones(1))));
        Assert.NotEqual(hash, EvaluationRun.HashFile(Index(k => first.Contains(k) ? "a.safetensors" : "b.bin").Path));

        ModelSource Index(Func<string, string> file) => folder.Put(
            JsonSerializer.SerializeToUtf8Bytes(new { metadata = new { total_size = 1 }, weight_map = keys.ToDictionary(k => k, file) }),
            "model.safetensors.index.json");
    }

    [Fact]
    public void A_network_with_one_logit_or_for_color_images_is_adapted()
    {
        using var scope = NewDisposeScope();
        using var single = Arow.Models.Network.Create("tiny-cnn", MadeModel.Images, 1, Normalization.None, 3);
        using var color = Arow.Models.Network.Create("tiny-cnn", new InputShape(3, 8, 8), MadeModel.Classes, Normalization.None, 3);
        var x = rand(4, 1, 8, 8);
        using (var model = ModelFile.Open(folder.Put(TorchWriter.Zip(MadeModel.State(single))) with { Classes = 2 }))
        {
            var z = single.ForEvaluation()(x);
            Assert.True((cat([zeros_like(z), z], 1) - model.Classifier(x)).abs().max().item<float>() < 1e-6f);
            using var fast = model.CreateFastForm!();
            Assert.True((cat([zeros_like(z), z], 1) - fast.Classifier(x)).abs().max().item<float>() < 1e-4f);
            Assert.Contains("[0, z]", Assert.Single(model.Remarks));
        }
        using (var model = ModelFile.Open(folder.Put(TorchWriter.Zip(MadeModel.State(color)))
            with
        { Normalization = new Normalization([0.1, 0.2, 0.3], [1, 1, 1]) }))
        {
            var expected = color.ForEvaluation()(x.repeat(1, 3, 1, 1) - tensor(new[] { 0.1f, 0.2f, 0.3f }).reshape(1, 3, 1, 1));
            Assert.True((expected - model.Classifier(x)).abs().max().item<float>() < 1e-5f);
            Assert.Contains("repeated", Assert.Single(model.Remarks));
        }
        MadeModel.AssertRefused(folder.Put(TorchWriter.Zip(MadeModel.State(single))), "of different shape: fc.bias [1] instead of [3]");
    }

    private ModelSource Changed(Action<Dictionary<string, object?>> change)
    {
        var state = MadeModel.State(network);
        change(state);
        return folder.Put(TorchWriter.Zip(state));
    }
}
