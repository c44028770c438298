using System.Text.Json;
using Arow.Objectives;

namespace Arow.Tests.Golden;

/// <summary>Methods since 2022 against their authors' code: what was run, and on what, stands in newer-methods.json.</summary>
[Numeric]
public sealed class NewerMethodsGolden
{
    /// <summary>Float64 on both sides, twelve digits in the file.</summary>
    private const double Tolerance = 1e-9;

    private static JsonElement File => Reference.Read("newer-methods.json");

    private static TheoryData<int> Of(string part) =>
        [.. Enumerable.Range(0, (part == "n_fgsm" ? File.GetProperty(part).GetProperty("rows") : File.GetProperty(part)).GetArrayLength())];

    public static TheoryData<int> Attacks => Of("n_fgsm");

    public static TheoryData<int> Weights => Of("awr");

    public static TheoryData<int> Divergences => Of("ikl");

    public static TheoryData<int> Labels => Of("adr");

    public static TheoryData<int> Mixtures => Of("cutmix");

    public static TheoryData<int> Holes => Of("cutout");

    [Theory, MemberData(nameof(Attacks))]
    public void Noise_and_one_step_are_those_of_n_fgsm(int index)
    {
        using var scope = NewDisposeScope();
        var part = File.GetProperty("n_fgsm");
        var row = part.GetProperty("rows")[index];
        var wave = part.GetProperty("image_wave").Numbers();
        var x = Reference.Image([part.GetProperty("n").GetInt64(), 3, 8, 8], wave[0], wave[1]);
        var f = Reference.ToyNetwork(0);
        var attack = new NoisyFgsm(
            new ThreatModel(Norm.Linf, row.GetProperty("eps").GetDouble() / 255), AttackLoss.CrossEntropy, row.GetProperty("alpha").GetDouble() / 255,
            row.GetProperty("k").GetDouble());

        var xAdv = attack.Perturb(f, x, part.GetProperty("labels").Labels(), new Given(like => (Reference.Wave(like.shape, 2.3, 0.7) + 1) / 2));

        Reference.AssertClose(row.GetProperty("delta_times_255").Numbers(), (xAdv - x) * 255, Tolerance);
        Reference.AssertClose(row.GetProperty("logits").Numbers(), f(xAdv), Tolerance);
    }

    /// <summary>The published teacher's probabilities are soft labels here.</summary>
    [Theory, MemberData(nameof(Weights))]
    public void The_regularizer_of_awr_and_its_gradient_are_the_published_ones(int index)
    {
        using var scope = NewDisposeScope();
        var row = File.GetProperty("awr")[index];
        var (z, zAdv) = Logits(row);
        var wave = row.GetProperty("teacher_wave").Numbers();
        var t = F.softmax(2 * Reference.Wave(z.shape, wave[0], wave[1]), 1);
        var (x, xAdv) = (zeros(1), ones(1));
        Tensor Loss(double λ) =>
            new ComposedObjective(new Trades(λ), SampleWeight.Awr).Terms.Loss(images => ReferenceEquals(images, x) ? z : zAdv, x, xAdv, t);

        var regularizer = Loss(1) - Loss(0);
        regularizer.backward();

        Assert.Equal(row.GetProperty("regularizer").GetDouble(), regularizer.item<double>(), Tolerance);
        Reference.AssertClose(row.GetProperty("grad_clean").Numbers(), z.grad!, Tolerance);
        Reference.AssertClose(row.GetProperty("grad_adv").Numbers(), zAdv.grad!, Tolerance);
    }

    /// <summary>
    /// The published loss has the cross-entropy to p where this one has KL(p ‖ q), which is less by p's entropy, and q without 1e-12: a term of
    /// the sum over classes is off by p · 1e-12 / q at most, and its slope by no more.
    /// </summary>
    [Theory, MemberData(nameof(Divergences))]
    public void The_loss_of_ikl_and_its_gradient_are_the_published_ones(int index)
    {
        const double α = 4;
        using var scope = NewDisposeScope();
        var row = File.GetProperty("ikl")[index];
        var (z, zAdv) = Logits(row);
        var y = row.GetProperty("labels").Labels();
        var tolerance = Tolerance + α * 1e-12 / F.softmax(zAdv, 1).min().item<double>();
        var (x, xAdv) = (zeros(1), ones(1));

        var loss = new Ikl(α).WithClassMeans(Means(row).index_select(0, y)).Loss(images => ReferenceEquals(images, x) ? z : zAdv, x, xAdv, y);
        loss.backward();

        Assert.Equal(row.GetProperty("total").GetDouble() - α * row.GetProperty("entropy").GetDouble(), loss.item<double>(), tolerance);
        Reference.AssertClose(row.GetProperty("grad_clean").Numbers(), z.grad!, Tolerance);
        Reference.AssertClose(row.GetProperty("grad_adv").Numbers(), zAdv.grad!, tolerance);
    }

    /// <summary>Float32 here, as in training.</summary>
    [Theory, MemberData(nameof(Divergences))]
    public void Means_of_classes_are_the_published_ones(int index)
    {
        using var scope = NewDisposeScope();
        var row = File.GetProperty("ikl")[index];
        var (z, _) = Logits(row);
        var y = row.GetProperty("labels").Labels();
        using var classes = new ClassMeans((int)z.shape[1], CPU);
        classes.Add(z[..2], y[..2]);
        Assert.Equal(1.0 / z.shape[1], classes.Lookup(y).max().item<float>(), 1e-6);
        classes.Add(z[2..], F.one_hot(y[2..], z.shape[1]).to(ScalarType.Float32));
        classes.EndEpoch();
        var seen = y.unique().output;
        Reference.AssertClose(row.GetProperty("means").Numbers(), classes.Lookup(seen), 1e-6);
        // A class that no image was of keeps what it had, and an epoch begins with nothing.
        classes.EndEpoch();
        Reference.AssertClose(row.GetProperty("means").Numbers(), classes.Lookup(seen), 1e-6);
    }

    [Theory, MemberData(nameof(Labels))]
    public void Rectified_labels_are_the_published_ones(int index)
    {
        using var scope = NewDisposeScope();
        var row = File.GetProperty("adr")[index];
        var (wave, y) = (row.GetProperty("teacher_wave").Numbers(), row.GetProperty("labels").Labels());
        long[] shape = [row.GetProperty("n").GetInt64(), row.GetProperty("classes").GetInt64()];
        var p = row.GetProperty("step").GetDouble() / (row.GetProperty("epochs").GetDouble() * row.GetProperty("steps").GetDouble());
        var labels = new RectifiedLabels(new CosineSchedule(2, 1), new CosineSchedule(0.7, 0.95));
        Tensor Teacher(Tensor images) => row.GetProperty("scale").GetDouble() * Reference.Wave(shape, wave[0], wave[1]);

        var rectified = labels.Rectify(Teacher, zeros(1), y, p);

        Reference.AssertClose(row.GetProperty("rectified").Numbers(), rectified, Tolerance);
        // The same from labels that are probabilities; the true class keeps the greatest part.
        Reference.AssertClose(row.GetProperty("rectified").Numbers(), labels.Rectify(Teacher, zeros(1), F.one_hot(y, shape[1]), p), Tolerance);
        Assert.True((rectified.argmax(1) == y).all().item<bool>());
    }

    [Theory, MemberData(nameof(Mixtures))]
    public void A_window_and_its_share_of_the_label_are_those_of_cutmix(int index)
    {
        using var scope = NewDisposeScope();
        var row = File.GetProperty("cutmix")[index];
        var (h, w) = (row.GetProperty("height").GetInt64(), row.GetProperty("width").GetInt64());
        // Each of the two images takes a window of the other.
        var draws = tensor(new[] { 0.9, 0, row.GetProperty("lam").GetDouble(), Middle(row, "row", h), Middle(row, "column", w) }).expand(2, 5)
            .clone();
        draws[1, 0] = 0.1;
        var (x, y) = new CutMix(1)
            .Apply(cat([zeros(1, 1, h, w), ones(1, 1, h, w)]), tensor(new long[] { 2, 0 }), 3, new Given(_ => draws.to(ScalarType.Float32)));
        AssertWindow(row, x[0, 0]);
        Reference.AssertClose(row.GetProperty("label").Numbers(), y[0], 1e-6);
    }

    [Theory, MemberData(nameof(Holes))]
    public void A_hole_is_that_of_cutout(int index)
    {
        using var scope = NewDisposeScope();
        var row = File.GetProperty("cutout")[index];
        var (h, w) = (row.GetProperty("height").GetInt64(), row.GetProperty("width").GetInt64());
        var points = tensor(new[] { Middle(row, "row", h), Middle(row, "column", w) }).reshape(1, 2).to(ScalarType.Float32);
        var x = new Cutout(row.GetProperty("size").GetInt32()).Apply(ones(1, 2, h, w), new Given(_ => points));
        AssertWindow(row, 1 - x[0, 0]);
        Assert.True((x[0, 0] == x[0, 1]).all().item<bool>());
    }

    private static double Middle(JsonElement row, string name, long length) => (row.GetProperty(name).GetDouble() + 0.5) / length;

    private static void AssertWindow(JsonElement row, Tensor mask)
    {
        int Edge(string name) => row.GetProperty(name).GetInt32();
        Assert.Equal(Edge("count"), (int)mask.sum().item<float>());
        Assert.Equal(Edge("count"), (int)mask[Edge("top")..Edge("bottom"), Edge("left")..Edge("right")].sum().item<float>());
        Assert.Equal(Edge("count"), (Edge("bottom") - Edge("top")) * (Edge("right") - Edge("left")));
    }

    private static (Tensor Z, Tensor ZAdv) Logits(JsonElement row)
    {
        double Get(string name) => row.GetProperty(name).GetDouble();
        long[] shape = [row.GetProperty("n").GetInt64(), row.GetProperty("classes").GetInt64()];
        return ((Get("scale") * Reference.Wave(shape, Get("a"), Get("b"))).requires_grad_(),
            (Get("scale") * Reference.Wave(shape, Get("a") + 0.37, Get("b") + 0.5)).requires_grad_());
    }

    private static Tensor Means(JsonElement row)
    {
        var (k, wave) = (row.GetProperty("classes").GetInt64(), row.GetProperty("prior_wave").Numbers());
        return F.softmax(2 * Reference.Wave([k, k], wave[0], wave[1]), 1);
    }

    /// <summary>Numbers that are given instead of drawn.</summary>
    private sealed class Given(Func<Tensor, Tensor> uniform) : Noise
    {
        public override Tensor Uniform(Tensor like, long step = 0) => uniform(like);
        public override Tensor Normal(Tensor like, long step = 0) => throw new NotSupportedException();
        public override Noise Stream(long stream) => this;
        public override Noise Rows(Tensor rows) => this;
    }
}
