using Arow.Tests.Unit.Distributed;
using TorchSharp.Modules;

namespace Arow.Tests.Unit.Models.Execution;

/// <summary>Batch norm over the images of several processes, here threads, beside libtorch's over all of them.</summary>
[Numeric]
public sealed class JointBatchNormTests
{
    private const int Channels = 5;

    /// <summary>Images of each process. The last has none and takes part with one that does not count.</summary>
    private static readonly int[] Images = [3, 1, 2, 0];

    /// <summary>In float64, where nothing but rounding is left: results, all gradients, running statistics.</summary>
    [Fact]
    public void Exactly_that_of_the_whole_batch()
    {
        using var scope = NewDisposeScope();
        var (whole, parts) = Compute(ScalarType.Float64);
        foreach (var (name, expected) in whole)
        {
            // A few hundred roundings of numbers around one.
            Assert.All(parts, part => Assert.True((part[name] - expected).abs().max().item<double>() < 1e-12, name));
        }
        // To the bit the same in all processes, which all keep.
        foreach (var name in (string[])["running_mean", "running_var"])
            Assert.All(parts, part => Assert.Equal(parts[0][name].data<double>().ToArray(), part[name].data<double>().ToArray()));
    }

    /// <summary>In float32 it errs no more than libtorch's own, also far from zero.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void As_exact_as_libtorchs(double mean)
    {
        using var scope = NewDisposeScope();
        var (exact, _) = Compute(ScalarType.Float64, mean);
        var (torchs, parts) = Compute(ScalarType.Float32, mean);
        foreach (var name in exact.Keys)
        {
            double Error(Tensor t) => (t.to(ScalarType.Float64) - exact[name]).norm().item<double>();
            // One more rounding where parts are put together; in results that happen to be exact the last bit of the largest.
            var bit = exact[name].abs().max().item<double>() * Math.Pow(2, -23);
            Assert.True(Error(parts[0][name]) <= 3 * Error(torchs[name]) + 3 * bit, $"{name}: {Error(parts[0][name])}, {Error(torchs[name])}");
        }
    }

    [Fact]
    public void In_evaluation_mode_it_is_the_layer_itself()
    {
        using var scope = NewDisposeScope();
        using var norm = nn.BatchNorm2d(Channels);
        norm.eval();
        var joint = new JointBatchNorm(_ => throw new InvalidOperationException("nothing is to be asked of others"));
        var x = rand(2, Channels, 3, 3);
        Assert.Equal(norm.call(x).data<float>().ToArray(), joint.Apply(norm, x).data<float>().ToArray());
    }

    /// <summary>Results by name: of libtorch's layer on all images, and of each process.</summary>
    private static (Dictionary<string, Tensor> Whole, IReadOnlyList<Dictionary<string, Tensor>> Parts) Compute(ScalarType type, double mean = 0)
    {
        using var generator = new Generator(7);
        Tensor Draw(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator).to(ScalarType.Float32).to(type);
        var x = Draw(Images.Sum(), Channels, 4, 3) + mean;
        var (weight, bias, factors) = (Draw(Channels), Draw(Channels), Draw(x.shape));
        var whole = Run(x, factors, norm => norm.call);
        var first = Images.Select((_, rank) => Images.Take(rank).Sum()).ToArray();
        var ends = ThreadCommunicator.Run(Images.Length, group =>
        {
            var (from, count) = (first[group.Rank], Images[group.Rank]);
            var joint = new JointBatchNorm(group.Gather) { Counts = count > 0 };
            var own = count > 0 ? x[from..(from + count)] : x[..1];
            var part = Run(own, count > 0 ? factors[from..(from + count)] : zeros_like(own), norm => images => joint.Apply(norm, images));
            // Of all: images one after the other, parameters' gradients added.
            foreach (var name in (string[])["y", "x"])
            {
                var padded = zeros([x.shape[0], Channels, 4, 3], type);
                if (count > 0) padded[from..(from + count)] = part[name];
                part[name] = padded;
            }
            Tensor[] sums = [part["y"], part["x"], part["weight"], part["bias"]];
            group.Sum(sums);
            return part;
        });
        Assert.All(ends, end => Assert.True(end.Fault is null, $"{end.Fault}"));
        return (whole, [.. ends.Select(end => end.Result!)]);

        Dictionary<string, Tensor> Run(Tensor images, Tensor by, Func<BatchNorm2d, Func<Tensor, Tensor>> layer)
        {
            using var norm = nn.BatchNorm2d(Channels);
            norm.to(type);
            using (no_grad())
            {
                norm.weight!.copy_(weight);
                norm.bias!.copy_(bias);
            }
            norm.train();
            var leaf = images.detach().clone().requires_grad_();
            var y = layer(norm)(leaf);
            (y * by).sum().backward();
            return new()
            {
                ["y"] = y.detach(), ["x"] = leaf.grad!, ["weight"] = norm.weight!.grad!.clone(), ["bias"] = norm.bias!.grad!.clone(),
                ["running_mean"] = norm.running_mean!.clone(), ["running_var"] = norm.running_var!.clone(),
            };
        }
    }
}
