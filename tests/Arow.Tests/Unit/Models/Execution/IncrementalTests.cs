using TorchSharp.Modules;

namespace Arow.Tests.Unit.Models.Execution;

/// <summary>Classifiers that remember images, beside the same ones from the beginning.</summary>
[Numeric]
public sealed class IncrementalTests
{
    private const int Images = 9;

    /// <summary>Those that begin with what can be computed in parts, at odd and uneven sizes too, and others.</summary>
    private static readonly Dictionary<string, Func<Network>> Networks = new()
    {
        ["grey"] = () => Made("small-cnn", new InputShape(1, 28, 28)),
        ["colour, uneven"] = () => Made("small-cnn", new InputShape(3, 19, 24)),
        ["as small as can be"] = () => Made("small-cnn", new InputShape(1, 16, 16)),
        ["padded"] = () => Made("tiny-cnn", new InputShape(1, 12, 12)),
        ["residual"] = () => new Network(
            "resnet", new InputShape(3, 8, 8), 10, Normalization.None, () => new ResNet(new InputShape(3, 8, 8), 10, [1, 1, 1, 1])),
    };

    public static TheoryData<string> All => [.. Networks.Keys];

    [Theory, MemberData(nameof(All))]
    public void Whatever_changes_is_taken_or_forgotten_the_logits_are_the_classifiers(string name)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = Networks[name]();
        using var view = network.Fold();
        using var remembering = IIncrementalClassifier.Create(view.Classifier);
        manual_seed(2);
        var x = rand(Images, network.Input.Channels, network.Input.Height, network.Input.Width);
        AssertSame(view.Classifier(x), remembering.Fill(x));
        for (var turn = 0; turn < 30; turn++)
        {
            var tried = x.clone();
            foreach (var row in Enumerable.Range(0, (int)x.shape[0])) Change(tried[row], turn + row);
            AssertSame(view.Classifier(tried), remembering.Evaluate(tried));

            var taken = Rows(x.shape[0], 0.5);
            remembering.Accept(taken);
            x.index_copy_(0, taken, tried.index_select(0, taken));
            if (turn % 10 != 9) continue;
            var kept = Rows(x.shape[0], 0.8);
            remembering.Retain(kept);
            x = x.index_select(0, kept);
        }
        Assert.InRange(x.shape[0], 1, Images - 1);
        AssertSame(view.Classifier(x), remembering.Evaluate(x));
    }

    [Theory]
    [InlineData(1, 10)] // A pixel reaches five places of the second convolution, three maxima of 2x2, which see 3 · 2 + 4 pixels.
    [InlineData(3, 12)]
    [InlineData(6, 16)]
    [InlineData(20, 28)]
    public void A_square_is_computed_with_what_it_reaches_and_no_more(int side, int seen)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = Networks["grey"]();
        var layers = new Recorder();
        network.ForEvaluation();
        using var remembering = new IncrementalExecutor(network.Execute, layers);
        var x = rand(2, 1, 28, 28);
        remembering.Fill(x);
        var tried = x.clone();
        tried[.., .., 8..(8 + side), 7..(7 + side)] = 0.5f;
        remembering.Evaluate(tried);
        Assert.Equal([28, seen], layers.Seen);
    }

    [Fact]
    public void Square_finds_the_same_images_with_it()
    {
        using var scope = NewDisposeScope();
        using var network = Networks["grey"]();
        using var view = network.Fold();
        Tensor Plain(Tensor images) => view.Classifier(images);
        manual_seed(3);
        var x = rand(Images, 1, 28, 28);
        var y = view.Classifier(x).argmax(1);
        var (threat, noise) = (new ThreatModel(Norm.Linf, 0.05), Noise.Keyed(0, arange(Images, dtype: ScalarType.Int64)));
        var (plain, incremental) =
            (new Square(threat, 150).Perturb(Plain, x, y, noise), new Square(threat, 150).Perturb(view.Classifier, x, y, noise));
        Assert.InRange((Plain(plain).argmax(1) != y).sum().item<long>(), 1, Images - 1);
        // A tie that rounding decides could part them; there is none here.
        Assert.Equal(plain.data<float>().ToArray(), incremental.data<float>().ToArray());
    }

    [Fact]
    public void An_evaluation_counts_what_is_asked_and_stops_when_told()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = Networks["grey"]();
        using var view = network.Fold();
        using var stop = new CancellationTokenSource();
        var ticks = 0;
        using var watch = new ClassifierMonitor(view.Classifier, () => ticks++, stop.Token);
        using var remembering = IIncrementalClassifier.Create(watch.Classify);
        var x = rand(Images, 1, 28, 28);
        remembering.Fill(x);
        remembering.Evaluate(x);
        Assert.Equal((2 * Images, 2), (watch.QueryCounts.Images, ticks));
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => remembering.Evaluate(x));
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var network = Networks["grey"]();
        using var view = network.Fold();
        using var x = rand(4, 1, 28, 28);
        using var other = x.clone();
        other[.., .., 4..7, 5..8] = 0;
        using var rows = arange(0, 4, 2);
        LiveTensors.AssertNoneLeft(() =>
        {
            using var scope = NewDisposeScope();
            using var remembering = IIncrementalClassifier.Create(view.Classifier);
            remembering.Fill(x);
            remembering.Evaluate(other);
            remembering.Accept(rows);
            remembering.Retain(rows);
            remembering.Evaluate(other.index_select(0, rows));
        });
    }

    /// <summary>A square anywhere, of a size that differs from row to row; none in every fifth.</summary>
    private static void Change(Tensor image, int number)
    {
        if (number % 5 == 4) return;
        var (h, w) = ((int)image.shape[1], (int)image.shape[2]);
        var side = 1 + number % 6;
        var (top, left) = (Place(h - side), Place(w - side));
        image[.., top..(top + side), left..(left + side)] = rand([image.shape[0], 1, 1]);

        // The edges as often as all else.
        static int Place(int last) => Math.Clamp((int)randint(-last, 2 * last + 1, 1).item<long>(), 0, last);
    }

    private static Tensor Rows(long count, double share) => (rand(count) < share).nonzero().flatten();

    private static Network Made(string architecture, InputShape input)
    {
        // A fresh small network has a last layer of zeros.
        var network = Network.Create(architecture, input, 10, Normalization.None, seed: 1);
        using var frozen = no_grad();
        manual_seed(1);
        foreach (var (name, p) in network.Parameters)
        {
            if (name.EndsWith("fc3.weight", StringComparison.Ordinal)) p.normal_(0, 0.1);
        }
        return network;
    }

    /// <summary>Sums of up to a thousand products in another order.</summary>
    private static void AssertSame(Tensor expected, Tensor z) =>
        Assert.InRange((expected - z).abs().max().item<float>() / expected.abs().max().item<float>(), 0, 1e-5);

    /// <summary>The exact layers; remembers how high the images were that entered.</summary>
    private sealed class Recorder : ILayerExecutor
    {
        private readonly ILayerExecutor exact = ExactExecutor.Instance;

        public List<long> Seen { get; } = [];

        public Tensor FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images)
        {
            Seen.Add(images.shape[2]);
            return exact.FirstConvolution(convolution, norm, images);
        }

        public Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x) => exact.Convolution(convolution, norm, x);

        public Tensor Normalize(BatchNorm2d norm, Tensor x) => exact.Normalize(norm, x);

        public Tensor Linear(Linear linear, Tensor x) => exact.Linear(linear, x);

        public Tensor Dropout(Dropout dropout, Tensor x) => exact.Dropout(dropout, x);

        public Tensor Logits(Linear linear, Tensor x) => exact.Logits(linear, x);
    }
}
