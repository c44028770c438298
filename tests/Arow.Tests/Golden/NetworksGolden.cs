using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Arow.Tests.Golden;

/// <summary>
/// Networks beside their published classes in PyTorch (torchvision's for ImageNet, those of RobustBench, DeepMind, AugMix and fast adversarial
/// training for CIFAR), computed in float64 from weights that a formula gives: keys, number of parameters, logits and their gradient by the images.
/// </summary>
[Numeric]
public sealed class NetworksGolden
{
    /// <summary>Float64 sums in another order; weights are the same to the bit, sines of images to the last.</summary>
    private const double InFloat64 = 1e-9;

    private static readonly JsonElement Cases = Reference.Read("networks.json");

    public static TheoryData<string> Names => new TheoryData<string>(Cases.EnumerateArray().Select(c => c.GetProperty("name").GetString()!)).WithExplicit(
        "resnet18-imagenet", "resnet34-imagenet", "wrn-50-2-imagenet", "dm-wrn-16-2", "dm-preact-resnet18-silu", "preact-resnet18-raw",
        "resnext29-4x32d", "resnet18-imagenet-stem3");

    [Theory, MemberData(nameof(Names))]
    public void A_network_is_the_published_function(string name)
    {
        using var scope = NewDisposeScope();
        var expected = Cases.EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        int Number(string key) => expected.GetProperty(key).GetInt32();
        var (input, classes) = (new InputShape(3, Number("height"), Number("width")), Number("classes"));
        using var network = Network.Create(name, input, classes, Normalization(), seed: 0);
        string[] keys = [.. network.State.Keys.Where(k => !k.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal(expected.GetProperty("keys").GetString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', keys)))));
        Assert.Equal(Number("parameters"), network.Parameters.Sum(p => p.Value.numel()));

        Fill(network, keys);
        var x = (0.5 + 0.5 * Reference.Wave([2, 3, input.Height, input.Width], 0.83, 0.4)).requires_grad_();
        var weights = tensor(Enumerable.Range(0, classes).Select(j => Math.Cos(j)).ToArray());
        Criterion criterion = z => (z * weights.to(z.dtype)).sum(1);

        // The weights are float32. Gradients in float32 differ where a rounding turns a unit on or off.
        using var fast = network.Fold();
        var x32 = x.detach().to(ScalarType.Float32);
        foreach (var form in (Classifier[])[network.ForEvaluation(), fast.Classifier])
            Compare(form(x32), InputGradient.Compute(form, criterion, x32), 1e-4, 2e-2);

        network.Module.to(ScalarType.Float64);
        var f = network.ForEvaluation();
        Compare(f(x), InputGradient.Compute(f, criterion, x.detach()), InFloat64, InFloat64);

        // DeepMind's classes normalize inside; torchvision leaves it to the caller.
        Normalization Normalization() => name.StartsWith("dm-", StringComparison.Ordinal)
            ? Architectures.Find(name).DefaultNormalization(input, classes) : Models.Normalization.None;

        void Compare(Tensor logits, Tensor gradient, double ofLogits, double ofGradient)
        {
            var z = expected.GetProperty("logits").Numbers();
            Reference.AssertClose(z, logits, ofLogits * z.Max(Math.Abs));
            var (norm, some) = (expected.GetProperty("gradientNorm").GetDouble(), expected.GetProperty("gradient").Numbers());
            var g = gradient.to(ScalarType.Float64).flatten();
            Assert.InRange(g.norm().item<double>(), norm * (1 - ofGradient), norm * (1 + ofGradient));
            var places = arange(some.Length) * 7919 % g.numel();
            Reference.AssertClose(some, g.index_select(0, places), ofGradient * some.Max(Math.Abs));
        }
    }

    /// <summary>Numbers of a quadratic congruence, scaled so that features keep their size.</summary>
    private static void Fill(Network network, string[] keys)
    {
        const long Modulus = 2147483647;
        using var frozen = no_grad();
        using var outer = NewDisposeScope();
        // What all tensors share, computed once; integers below 2^53 are exact.
        var i = arange(keys.Max(key => network.State[key].numel()));
        var squares = ((i * i * 48271 + i * 16807) % Modulus).to(ScalarType.Float64);
        foreach (var (place, key) in keys.Index())
        {
            using var scope = NewDisposeScope();
            var value = network.State[key];
            var t = (squares[..(int)value.numel()] + (place + 1) * 7919).remainder_(Modulus).div_(Modulus).sub_(0.5);
            t = value.dim() > 1 ? t * Math.Sqrt(24.0 / value[0].numel())
                : key.EndsWith("running_var", StringComparison.Ordinal) ? t + 1
                : key.EndsWith("running_mean", StringComparison.Ordinal) ? t * 0.4
                : key.EndsWith("weight", StringComparison.Ordinal) ? t * 0.6 + 1 : t * 0.4;
            value.copy_(t.reshape(value.shape));
        }
    }
}
