using System.Text;

namespace Arow.Tests.Unit.Checkpoints;

[Numeric]
public sealed class TorchScriptTests
{
    private static readonly InputShape Images = new(3, 9, 7);

    private static string Fixture(string name) => Path.Combine(Repository.Root, "tests/Arow.Tests/Fixtures", name);

    private static ModelSource Source(string path) => new(path, Images, 5);

    private static Tensor Pixels() =>
        (0.5f + 0.5f * (0.83f * arange(2 * 3 * 9 * 7, dtype: ScalarType.Float32)).sin()).reshape(2, 3, 9, 7).detach();

    // From PyTorch; 1e-5: float32 sums of 27 products of another library version.
    private static readonly float[] Scripted =
    [
        -0.934729814529419f, 0.5719413757324219f, -0.12572231888771057f, -2.3263771533966064f, 1.5145245790481567f,
        -0.9371509552001953f, 0.5418264865875244f, -0.11592679470777512f, -2.298996686935425f, 1.5078471899032593f,
    ];

    private static readonly float[] Traced =
    [
        -1.0010267496109009f, -0.02991083264350891f, -0.041842035949230194f, -0.581852912902832f, 1.172359585762024f,
        -0.9974411725997925f, -0.04269224405288696f, -0.03901834785938263f, -0.5791243314743042f, 1.1694480180740356f,
    ];

    [Fact]
    public void Logits_and_gradients_are_PyTorchs_in_evaluation_mode()
    {
        using var scope = NewDisposeScope();
        using var model = ModelFile.Open(Source(Fixture("script.pt")));
        Assert.Equal(("torchscript", Access.Gradients), (model.Name, model.Access));
        Assert.Equal([0.1, 0.2, 0.3], model.Normalization.Mean); // from the file's extra files
        Near(Scripted, model.Classifier(Pixels()));

        var x = Pixels().requires_grad_();
        model.Classifier(x).select(1, 0).sum().backward(inputs: [x]);
        Near([2.088731660383928f, -0.0022409355733543634f, -0.005343628115952015f],
            stack([x.grad!.sum(), x.grad[0, 0, 0, 0], x.grad[1, 2, 8, 6]]));
    }

    [Fact]
    public void A_normalisation_that_is_given_counts_more_than_the_files()
    {
        using var scope = NewDisposeScope();
        using var model = ModelFile.Open(Source(Fixture("script.pt")) with { Normalization = Normalization.None });
        using var traced = ModelFile.Open(Source(Fixture("traced.pt")));
        Near(Traced, model.Classifier(Pixels()));
        Near(Traced, traced.Classifier(Pixels()));
    }

    [Fact]
    public void A_frozen_network_which_shows_no_parameters_is_attacked_as_any_other()
    {
        using var scope = NewDisposeScope();
        using var module = jit.load(Fixture("frozen.pt"));
        Assert.Empty(module.named_parameters());
        using var model = ModelFile.Open(Source(Fixture("frozen.pt")));
        Near(Traced, model.Classifier(Pixels()));
        var x = Pixels().requires_grad_();
        model.Classifier(x).select(1, 0).sum().backward(inputs: [x]);
        Near([1.0541203022003174f, -0.0011204677866771817f, 9.672302257968113e-05f], stack([x.grad!.sum(), x.grad[0, 0, 0, 0], x.grad[1, 2, 8, 6]]));
    }

    [Fact]
    public void Attacks_go_through_it_and_leave_no_tensor()
    {
        using var model = ModelFile.Open(Source(Fixture("script.pt")));
        var attack = Pgd.Standard(new ThreatModel(Norm.Linf, 0.1), 3);
        using var x = Pixels();
        using var y = tensor(new long[] { 4, 4 });
        using var indices = arange(2);
        LiveTensors.AssertNoneLeft(() => attack.Perturb(model.Classifier, x, y, Noise.Keyed(0, indices)).Dispose());
        using var xAdv = attack.Perturb(model.Classifier, x, y, Noise.Keyed(0, indices));
        using var frozen = no_grad();
        Assert.True(Losses.Margin(model.Classifier(xAdv), y).sum().item<float>() < Losses.Margin(model.Classifier(x), y).sum().item<float>());
    }

    [Fact]
    public void Other_images_or_classes_are_refused()
    {
        MadeModel.AssertRefused(Source(Fixture("script.pt")) with { Classes = 4 }, "has 5 classes", "4");
        MadeModel.AssertRefused(Source(Fixture("traced.pt")) with { Input = new InputShape(2, 9, 7) }, "does not accept images of 2x9x7");
    }

    [Fact]
    public void What_is_made_up_works_too()
    {
        using var folder = new TemporaryFolder();
        using var model = ModelFile.Open(Put(folder, TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), self.w)")));
        Assert.Equal([2, 5], model.Classifier(Pixels()).shape);
    }

    [Theory]
    [InlineData("a\nRuntimeError: b\nException raised from c", "b")]
    [InlineData("Message: /src/core/safeint.h:17 static void Handler<A::Exception>::OnOverflow() Integer overflow", "Message: Integer overflow")]
    [InlineData("/src/pad.cc:3 A::Status A::Pad::Compute(A::Context *) const no: b (c) d", "no: b (c) d")]
    public void What_native_libraries_say_is_one_line_without_their_source(string message, string line) =>
        Assert.Equal(line, ModelProbe.NativeErrorMessage(new InvalidOperationException(message)));

    [Fact]
    public void A_model_that_takes_channels_last_gets_them_so()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var source = Put(folder, TorchScriptWriter.Body(
            "torch.mm(torch.flatten(torch.add(torch.permute(x, [0, 3, 1, 2]), torch.zeros([1, 3, 9, 7])), 1), self.w)"), "last.pt")
            with
        { Normalization = new Normalization([0.1, 0.2, 0.3], [0.5, 0.5, 0.5]) };
        using var last = ModelFile.Open(source);
        using var first = ModelFile.Open(Put(folder, TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), self.w)"), "first.pt")
            with
        { Normalization = source.Normalization });
        Assert.Contains("channels last", Assert.Single(last.Remarks));
        Assert.Equal(Access.Gradients, last.Access);
        Near(first.Classifier(Pixels()).flatten().data<float>().ToArray(), last.Classifier(Pixels()));
        // With other images than it takes, both ways fail, and the usual one is told.
        MadeModel.AssertRefused(source with { Input = new InputShape(3, 9, 8), Normalization = null },
            "does not accept images of 3x9x8: The size of tensor");
    }

    [Fact]
    public void A_model_for_single_images_is_given_them_one_by_one()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var single = ModelFile.Open(Put(folder, TorchScriptWriter.Body("torch.mm(torch.reshape(x, [1, 189]), self.w)"), "single.pt"));
        using var any = ModelFile.Open(Put(folder, TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), self.w)"), "any.pt"));
        Near(any.Classifier(Pixels()).flatten().data<float>().ToArray(), single.Classifier(Pixels()));
    }

    [Fact]
    public void A_transformer_of_PyTorch_is_attacked_as_any_other_and_still_predicts_when_nothing_is_recorded()
    {
        using var scope = NewDisposeScope();
        using var model = ModelFile.Open(Source(Fixture("transformer.pt")));
        Assert.Equal((Access.Gradients, 0), (model.Access, model.Remarks.Count));
        var x = Pixels().requires_grad_();
        var z = model.Classifier(x);
        Near(
        [
            0.20393359661102295f, -1.5389220714569092f, -2.1379294395446777f, -1.8222930431365967f, 0.9343623518943787f,
            0.20344769954681396f, -1.5390257835388184f, -2.137549877166748f, -1.8218004703521729f, 0.9344863295555115f,
        ], z);
        (100 * z.select(1, 0)).sum().backward(inputs: [x]);
        Near([0.1551029272377491f, -0.029756396543234587f, 0.22115057799965143f], stack([x.grad!.sum(), x.grad[0, 0, 0, 0], x.grad[1, 2, 8, 6]]));
        // An executor that is compiled for gradients fails here: the finding inner-gradients.
        using var nothing = inference_mode();
        Near(z.detach().data<float>().ToArray(), model.Classifier(Pixels()));
    }

    [Fact]
    public void A_quantized_network_of_PyTorch_gives_scores()
    {
        using var scope = NewDisposeScope();
        using var model = ModelFile.Open(Source(Fixture("quantized.pt")));
        Assert.Equal(Access.Scores, model.Access);
        Assert.Contains("it is quantized", model.AccessReason);
        // Multiples of the scale of the last layer; other instructions may round to the next one.
        float[] row = [0.8451093435287476f, -0.7827652096748352f, -0.22166801989078522f, 0.17317813634872437f, -0.9143806099891663f];
        Near([.. row, .. row], model.Classifier(Pixels()), 1.001f * 0.006927125621587038f);
    }

    /// <summary>
    /// Small networks of the kinds of ConvNeXt, Swin (shifted windows) and XCiT (cross-covariance attention), and one in bfloat16 and float16:
    /// logits, and length and sum of the gradient of a hundredfold logit; of the narrow types those of float32 with the same weights, whose sum
    /// depends on single activations near zero. The tolerance is a share of the largest number: some twenty layers of float32, or two
    /// roundings, of features and logits, of the narrow types.
    /// </summary>
    public static TheoryData<string, double, float[], float[]> OfPyTorch => new()
    {
        {
            "convnext.pt", 1e-5,
            [
                -0.20943743f, -1.1318564f, 2.0604968f, -1.8409773f, 0.34279305f,
                -0.20319503f, -1.1191306f, 2.0360751f, -1.8188161f, 0.3355566f,
            ],
            [255.556107f, 648.419312f]
        },
        {
            "swin.pt", 1e-5,
            [
                0.90543509f, -1.533702f, -0.91357213f, 1.5141035f, 0.91637981f,
                0.91424453f, -1.5433859f, -0.92277557f, 1.5234127f, 0.92596233f,
            ],
            [120.229607f, 96.064743f]
        },
        {
            "xcit.pt", 1e-5,
            [
                -2.3979633f, -1.9843289f, 0.62340105f, 2.5879605f, 1.7777772f,
                -2.4637301f, -2.0276277f, 0.64485592f, 2.6532161f, 1.8231058f,
            ],
            [441.62149f, -1052.401f]
        },
        {
            "bfloat16.pt", 2.0 / (1 << 8),
            [
                0.33222f, -0.06286f, -0.04439f, -0.06016f, -0.44791f,
                0.32344f, -0.06801f, -0.04458f, -0.05534f, -0.43933f,
            ],
            [17.85002f]
        },
        {
            "half.pt", 2.0 / (1 << 11),
            [
                0.33229333f, -0.064528346f, -0.045551568f, -0.060931951f, -0.44762397f,
                0.3235417f, -0.069692388f, -0.045780867f, -0.056168467f, -0.43910798f,
            ],
            [17.8331f]
        },
    };

    [Theory]
    [MemberData(nameof(OfPyTorch))]
    public void A_network_of_each_family_and_type_is_computed_as_PyTorch_does(string file, double tolerance, float[] logits, float[] gradient)
    {
        using var scope = NewDisposeScope();
        using var model = ModelFile.Open(Source(Fixture(file)));
        Assert.Equal(Access.Gradients, model.Access);
        var x = Pixels().requires_grad_();
        var z = model.Classifier(x);
        Near(logits, z, (float)(tolerance * logits.Max(Math.Abs)));
        (100 * z.select(1, 0)).sum().backward(inputs: [x]);
        Near(gradient, stack([x.grad!.norm(), x.grad.sum()])[..gradient.Length], (float)(tolerance * gradient.Max(Math.Abs)));
    }

    [Fact]
    public void Fused_attention_that_was_traced_without_gradients_gives_scores()
    {
        using var scope = NewDisposeScope();
        using var model = ModelFile.Open(Source(Fixture("fused.pt")));
        Assert.Equal(Access.Scores, model.Access);
        Assert.Contains("traced with gradients", model.AccessReason);
        Near(
        [
            -0.227858335f, 0.339183331f, 0.789473295f, 0.580114007f, -0.438964128f,
            -0.265374064f, 0.204768255f, 0.689427614f, 0.61214149f, -0.306141168f,
        ], model.Classifier(Pixels()));
    }

    private const string Logits = "torch.mm(torch.flatten(x, 1), self.w)";

    [Theory]
    [InlineData($"({Logits}, x)", "Tuple[Tensor, Tensor]", "'0' [2, 5]")]
    [InlineData($"(x, ({Logits}, [x, x]))", "Tuple[Tensor, Tuple[Tensor, List[Tensor]]]", "'1.0' [2, 5]")]
    [InlineData($"[x, {Logits}]", "List[Tensor]", "'1' [2, 5]")]
    [InlineData($$"""{"features": x, "out": {{Logits}}}""", "Dict[str, Tensor]", "'out' [2, 5]")]
    [InlineData($$"""{"logits": {{Logits}}, "aux": {{Logits}}}""", "Dict[str, Tensor]", "'logits' [2, 5]")]
    [InlineData($$"""({"a": [{{Logits}}]}, x)""", "Tuple[Dict[str, List[Tensor]], Tensor]", "'0.a.0' [2, 5]")]
    [InlineData($"({Logits}, None, 7, x)", "Tuple[Tensor, Optional[Tensor], int, Tensor]", "'0' [2, 5]")]
    [InlineData($"__torch__.Out(x, {Logits}, None)", "__torch__.Out", "'scores' [2, 5]")]
    public void The_logits_are_found_among_several_outputs_by_their_width_and_name(string result, string type, string selected)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        const string Out = "class Out(NamedTuple):\n  hidden : Tensor\n  scores : Tensor\n  aux : Optional[Tensor]\n";
        using var several = ModelFile.Open(Put(folder, TorchScriptWriter.Body(result, returns: type) + Out, "several.pt"));
        using var single = ModelFile.Open(Put(folder, TorchScriptWriter.Body(Logits), "single.pt"));
        Assert.Contains(several.Remarks, remark => remark.Contains($"output {selected} is evaluated"));
        Assert.Empty(single.Remarks);
        Assert.Equal(Access.Gradients, several.Access);
        Near(single.Classifier(Pixels()).data<float>().ToArray(), several.Classifier(Pixels()));
    }

    [Fact]
    public void Several_outputs_that_could_be_the_logits_are_not_chosen_from_unless_one_is_named()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var source = Put(folder, TorchScriptWriter.Body($"({Logits}, torch.mul({Logits}, 2.))", returns: "Tuple[Tensor, Tensor]"), "two.pt");
        MadeModel.AssertRefused(source, "'0' [2, 5], '1' [2, 5]", "select one with OutputName");
        MadeModel.AssertRefused(source with { OutputName = "2" }, "has no output '2'");
        using var first = ModelFile.Open(source with { OutputName = "0" });
        using var second = ModelFile.Open(source with { OutputName = "1" });
        Near((2 * first.Classifier(Pixels())).data<float>().ToArray(), second.Classifier(Pixels()));
        MadeModel.AssertRefused(Put(folder, TorchScriptWriter.Body(Logits), "one.pt") with { OutputName = "0" }, "returns a single tensor");
        MadeModel.AssertRefused(Put(folder, TorchScriptWriter.Body("(x, x)", returns: "Tuple[Tensor, Tensor]"), "none.pt"), "none of its outputs");
        MadeModel.AssertRefused(Put(folder, TorchScriptWriter.Body("(1, [2, 3])", returns: "Tuple[int, List[int]]"), "no.pt"),
            "returns Tuple[int, List[int]]");
    }

    [Fact]
    public void A_long_signature_takes_no_time()
    {
        using var folder = new TemporaryFolder();
        var code = TorchScriptWriter.Body("(x, x)", returns: "Tuple[Tensor, Tensor]").Replace("x: Tensor)", "x: Tensor,"
            + string.Concat(Enumerable.Range(0, 60).Select(i => $"\n    a{i}: int=0,")) + "\n    b: Tuple[int, int]=(1, 2))");
        // Its outputs are not found, because values in the signature are not read.
        MadeModel.AssertRefused(Put(folder, code));
    }

    [Fact]
    public void A_module_keeps_the_types_that_it_was_saved_with()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var single = ModelFile.Open(Put(folder, TorchScriptWriter.Body(Logits), "single.pt"));
        var expected = single.Classifier(Pixels()).data<float>().ToArray();
        // A weight of float64 with a cast within, one that needs images of float64, and one that is cast itself.
        foreach (var (name, logits, remark) in ((string, string, string?)[])
            [("inside", "torch.mm(torch.to(torch.flatten(x, 1), 7), self.w)", null), ("outside", Logits, "it gets the images in that type"),
                ("weight", "torch.mm(torch.flatten(x, 1), torch.to(self.w, 6))", null)])
        {
            var records = TorchScriptWriter.Records(TorchScriptWriter.Body(logits), isDouble: true);
            using var model = ModelFile.Open(Put(folder, ZipWriter.Write(records), $"{name}.pt"));
            Assert.Equal(remark is null ? 0 : 1, model.Remarks.Count);
            Assert.Equal(ScalarType.Float32, model.Classifier(Pixels()).dtype);
            Near(expected, model.Classifier(Pixels()));
            var x = Pixels().requires_grad_();
            model.Classifier(x).sum().backward(inputs: [x]);
            Assert.Equal(ScalarType.Float32, x.grad!.dtype);
        }
    }

    /// <summary>As <c>torch.jit.freeze</c> of <c>model.double()</c>: the weights are constants, whose type cannot be seen.</summary>
    [Fact]
    public void A_frozen_module_of_another_type_gets_images_of_that_type()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var code = TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), torch.mul(torch.ones([189, 5], dtype=7), 0.5))")
            .Replace("\"w\", ", "").Replace("  w : Tensor\n", "");
        var records = TorchScriptWriter.Records(code).Where(r => r.Name is not "m/data/0").Select(r => r.Name == "m/data.pkl"
            ? (r.Name, Encoding.Latin1.GetBytes("\u0080\u0002c__torch__\nM\n)\u0081}(X\u0008\0\0\0training\u0089ub.")) : r);
        using var model = ModelFile.Open(Put(folder, ZipWriter.Write(records), "frozen.pt"));
        Assert.Contains(model.Remarks, r => r.Contains("computes in float64: it gets the images in that type"));
        Assert.Equal(Access.Gradients, model.Access);
        var half = 0.5f * Pixels().flatten(1).sum(1);
        Assert.InRange((model.Classifier(Pixels()).select(1, 0) - half).abs().max().item<float>(), 0, 1e-4f);
    }

    [Fact]
    public void The_version_is_where_PyTorch_writes_it_for_newer_operators()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var records = TorchScriptWriter.Records(TorchScriptWriter.Body($"torch.gelu({Logits})")).Where(r => r.Name != "m/version").ToList();
        using (ModelFile.Open(Put(folder, ZipWriter.Write(records.Append(("m/.data/version", "10\n"u8.ToArray())))))) { }
        MadeModel.AssertRefused(Put(folder, ZipWriter.Write(records.Append(("m/.data/version", "99\n"u8.ToArray())))), "newer PyTorch (format 99)");
        MadeModel.AssertRefused(Put(folder, ZipWriter.Write(records.Append(("m/.data/version", "x\n"u8.ToArray())))), "has no version");
    }

    [Fact]
    public void Models_without_gradients_are_opened_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        foreach (var (result, access, reason) in ((string, Access, string)[])
            [($"torch.detach({Logits})", Access.Scores, "in a way that can be differentiated"),
                ($"torch.mm(torch.flatten(torch.dequantize(torch.quantize_per_tensor(x, 0.004, 0, 13)), 1), self.w)", Access.Scores, "it is quantized"),
                ($"torch.argmax({Logits}, 1)", Access.Labels, "it returns labels")])
        {
            using var model = ModelFile.Open(Put(folder, TorchScriptWriter.Body(result), $"{access}{reason.Length}.pt"));
            Assert.Equal(access, model.Access);
            Assert.Contains(reason, model.AccessReason);
            Assert.Contains(model.Remarks, remark => remark.Contains($"has no gradients: {model.AccessReason}"));
            Assert.Equal([2, 5], model.Classifier(Pixels()).shape);
        }
    }

    [Fact]
    public void A_single_output_stands_for_two_classes()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        const string One = "torch.slice(torch.mm(torch.flatten(x, 1), self.w), 1, 0, 1)";
        using var logit = ModelFile.Open(Put(folder, TorchScriptWriter.Body(One), "logit.pt") with { Classes = 2 });
        using var flat = ModelFile.Open(Put(folder, TorchScriptWriter.Body($"torch.squeeze({One}, 1)"), "flat.pt") with { Classes = 2 });
        using var sigmoid = ModelFile.Open(Put(folder, TorchScriptWriter.Body($"torch.sigmoid({One})"), "sigmoid.pt")
            with
        { Classes = 2, OutputClassNames = ["no", "yes"] });
        var z = logit.Classifier(Pixels());
        Assert.Equal(0, z[.., 0].abs().max().item<float>());
        Assert.Contains("[0, z]", Assert.Single(logit.Remarks));
        Near(z.data<float>().ToArray(), flat.Classifier(Pixels()));
        Near(z.data<float>().ToArray(), sigmoid.Classifier(Pixels()));
        Assert.Contains("probability of 'yes'", Assert.Single(sigmoid.Remarks));
        MadeModel.AssertRefused(Put(folder, TorchScriptWriter.Body(One), "logit.pt") with { Classes = 3 }, "has 1 classes");
    }

    [Fact]
    public void Grey_images_are_repeated_for_a_model_of_color_images()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = ModelFile.Open(Put(folder, TorchScriptWriter.Body(Logits)) with { Input = new InputShape(1, 9, 7) });
        using var color = ModelFile.Open(Put(folder, TorchScriptWriter.Body(Logits)));
        Assert.Contains("repeated", Assert.Single(model.Remarks));
        var x = Pixels()[.., ..1].contiguous();
        Near(color.Classifier(x.repeat(1, 3, 1, 1)).data<float>().ToArray(), model.Classifier(x));
    }

    [Theory]
    [InlineData("\"a\"", "instead of a tensor of logits")]
    [InlineData("torch.flatten(x, 1)", "has 189 classes")]
    [InlineData("torch.sum(x)", "instead of logits")]
    [InlineData("torch.argmax(torch.mm(torch.flatten(x, 1), self.w))", "instead of logits")]
    [InlineData("torch.div(torch.mm(torch.flatten(x, 1), self.w), 0.)", "not finite")]
    public void What_is_no_classifier_is_refused(string result, string says)
    {
        using var folder = new TemporaryFolder();
        MadeModel.AssertRefused(Put(folder, TorchScriptWriter.Body(result, returns: result.EndsWith("\"a\"") ? "str" : "Tensor")), says);
    }

    [Theory]
    [InlineData("_0 = torch.save(x, \"FILE\")", "save")]
    [InlineData("_0 = ops.aten.save(x, \"FILE\")", "save")]
    [InlineData("t = torch\n    _0 = t . save(x, \"FILE\")", "save")]
    [InlineData("_0 = (x).save(\"FILE\")", "save")]
    [InlineData("_0 = getattr(torch, \"save\")(x, \"FILE\")", "save")]
    [InlineData("_0 = getattr(torch, \"sa\\x76e\")(x, \"FILE\")", "getattr")]
    [InlineData("_0 = torch.from_file(\"FILE\", True, 10)", "from_file")]
    [InlineData("_0 = __torch__.torch.classes.some.Thing()", "classes")]
    public void Code_that_would_reach_files_is_refused_before_it_is_loaded(string line, string says)
    {
        using var folder = new TemporaryFolder();
        var code = TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), self.w)", line.Replace("FILE", folder.File("written")));
        MadeModel.AssertRefused(Put(folder, code), says, "is not loaded");
        Assert.False(File.Exists(folder.File("written")));
    }

    [Fact]
    public void A_module_whose_weights_PyTorch_did_not_write_is_named()
    {
        using var folder = new TemporaryFolder();
        MadeModel.AssertRefused(Put(folder, TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), ops.prim.ConstantMKLDNNTensor())")),
            "was saved after torch.jit.optimize_for_inference", "save the module before");
    }

    [Fact]
    public void Words_in_texts_and_comments_are_only_words()
    {
        using var folder = new TemporaryFolder();
        var line = "# call save()\n    if False:\n      ops.prim.RaiseException(\"do not torch.save(this) # or 'that'\")";
        using var model = ModelFile.Open(Put(folder, TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), self.w)", line)));
    }

    [Fact]
    public void Damage_is_found_before_libtorch_sees_it()
    {
        using var folder = new TemporaryFolder();
        var records = TorchScriptWriter.Records(TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), self.w)"));
        var good = ZipWriter.Write(records);
        MadeModel.AssertRefused(Put(folder, good[..(good.Length / 2)]), "truncated");
        var bytes = good.ToArray();
        bytes[good.Length / 3] ^= 1;
        MadeModel.AssertRefused(Put(folder, bytes), "CRC");
        MadeModel.AssertRefused(Put(folder, Without("m/constants.pkl")), "constants.pkl");
        MadeModel.AssertRefused(Put(folder, Without("m/data.pkl")), "data.pkl");
        MadeModel.AssertRefused(Put(folder, Without("m/version")), "version");
        MadeModel.AssertRefused(Put(folder, ZipWriter.Write(records.Select(r => r.Name == "m/data/0" ? (r.Name, r.Content[..^4]) : r))),
            "instead of");
        var pickle = Encoding.Latin1.GetString(records.First(r => r.Name == "m/data.pkl").Content);
        MadeModel.AssertRefused(Put(folder, With("m/data.pkl", pickle.Replace("c__torch__\nM\n", "cposix\nsystem\n"))), "'posix.system'");
        MadeModel.AssertRefused(Put(folder, With("m/data.pkl", pickle.Replace("c__torch__\nM\n", "c__torch__.torch.classes.c\nM\n"))),
            "torch.classes");

        byte[] Without(string name) => ZipWriter.Write(records.Where(r => r.Name != name));
        byte[] With(string name, string content) =>
            ZipWriter.Write(records.Select(r => r.Name == name ? (name, Encoding.Latin1.GetBytes(content)) : r));
    }

    private static void Near(float[] expected, Tensor actual, float tolerance = 1e-5f)
    {
        using var t = tensor(expected).reshape(actual.shape);
        Assert.True((t - actual).abs().max().item<float>() < tolerance, string.Join(", ", actual.cpu().flatten().data<float>()));
    }

    private static ModelSource Put(TemporaryFolder folder, string code, string name = "model.pt") =>
        Put(folder, ZipWriter.Write(TorchScriptWriter.Records(code)), name);

    private static ModelSource Put(TemporaryFolder folder, byte[] bytes, string name = "model.pt")
    {
        File.WriteAllBytes(folder.File(name), bytes);
        return Source(folder.File(name));
    }
}
