using System.Text;
using Arow.Attacks;
using Arow.Checkpoints;
using Arow.Models;

namespace Arow.Tests.Unit.Checkpoints;

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
        MadeModel.AssertRefused(Source(Fixture("traced.pt")) with { Input = new InputShape(1, 9, 7) }, "does not accept images of 1x9x7");
    }

    [Fact]
    public void What_is_made_up_works_too()
    {
        using var folder = new TemporaryFolder();
        using var model = ModelFile.Open(Put(folder, TorchScriptWriter.Body("torch.mm(torch.flatten(x, 1), self.w)")));
        Assert.Equal([2, 5], model.Classifier(Pixels()).shape);
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

    [Theory]
    [InlineData("torch.mm(torch.flatten(x, 1), self.w), 1", "does not return a single tensor")]
    [InlineData("torch.flatten(x, 1)", "has 189 classes")]
    [InlineData("torch.sum(x)", "instead of logits")]
    [InlineData("torch.argmax(torch.mm(torch.flatten(x, 1), self.w), 1)", "instead of logits")]
    [InlineData("torch.detach(torch.mm(torch.flatten(x, 1), self.w))", "has no gradients")]
    [InlineData("torch.div(torch.mm(torch.flatten(x, 1), self.w), 0.)", "not finite")]
    public void What_is_no_classifier_is_refused(string result, string says)
    {
        using var folder = new TemporaryFolder();
        var type = result.EndsWith(", 1") ? "Tuple[Tensor, int]" : "Tensor";
        MadeModel.AssertRefused(Put(folder, TorchScriptWriter.Body(result).Replace("-> Tensor", $"-> {type}")), says);
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

    private static void Near(float[] expected, Tensor actual)
    {
        using var t = tensor(expected).reshape(actual.shape);
        Assert.True((t - actual).abs().max().item<float>() < 1e-5f, $"{actual.cpu()}");
    }

    private static ModelSource Put(TemporaryFolder folder, string code, string name = "model.pt") =>
        Put(folder, ZipWriter.Write(TorchScriptWriter.Records(code)), name);

    private static ModelSource Put(TemporaryFolder folder, byte[] bytes, string name = "model.pt")
    {
        File.WriteAllBytes(folder.File(name), bytes);
        return Source(folder.File(name));
    }
}
