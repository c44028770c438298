using Arow.Models.Kernels;

namespace Arow.Tests.Unit.Models.Kernels;

/// <summary>Layers with a backward pass of our own, all of them.</summary>
[Numeric]
public sealed class LayerFunctionTests
{
    private static readonly Dictionary<string, Func<(Tensor Images, Func<Tensor, Tensor> Layer)>> Layers = new()
    {
        [nameof(PooledRelu)] = () => (ChannelsLast.Convert(rand(2, 32, 4, 4)), PooledRelu.Apply),
        [nameof(GreyConvolution)] = () =>
        {
            var (weights, bias) = (GreyConvolution.ToLoopOrder(ones(32, 1, 3, 3), ScalarType.Float32),
                GreyConvolution.ToLoopOrder(zeros(32), ScalarType.Float32));
            return (rand(2, 1, 6, 6), x =>
                new GreyConvolution(new GreyShape(6, 6, 3, 3, 1, 1, 32), ScalarType.Float32, rectified: true).Apply(x, weights, bias));
        },
        [nameof(TrainedConvolution)] = () =>
        {
            var weights = ones(16, 16, 3, 3).requires_grad_();
            return (ChannelsLast.Convert(rand(2, 16, 4, 4)), x => new TrainedConvolution(ScalarType.Float32, [1, 1], [1, 1]).Apply(x, weights, null));
        },
        [nameof(JointBatchNorm)] = () =>
        {
            var norm = torch.nn.BatchNorm2d(16);
            return (rand(2, 16, 4, 4), x => new JointBatchNorm(own => own.unsqueeze(0)).Apply(norm, x));
        },
    };

    public static TheoryData<string> All => [.. Layers.Keys];

    [Fact]
    public void None_is_missing() => Assert.Equal(
        typeof(Network).Assembly.GetTypes()
            .Where(t => t.BaseType is { IsGenericType: true } b && b.GetGenericTypeDefinition() == typeof(LayerFunction<>))
            .Select(t => (t.DeclaringType is { } layer && layer.Namespace == t.Namespace ? layer : t).Name).Order(),
        Layers.Keys.Order());

    /// <summary>Those that attacks look through; training goes back once.</summary>
    [Theory, InlineData(nameof(PooledRelu)), InlineData(nameof(GreyConvolution))]
    public void Several_ways_back_through_one_graph_add_up(string name)
    {
        using var scope = NewDisposeScope();
        var (images, layer) = Layers[name]();
        var leaf = images.requires_grad_();
        var y = layer(leaf).sum();
        y.backward(inputs: [leaf], retain_graph: true);
        var first = leaf.grad!.clone();
        y.backward(inputs: [leaf]);
        Assert.True((leaf.grad! == 2 * first).all().item<bool>());
    }

    /// <summary>TorchSharp's own second tensor of the size of the result is gone.</summary>
    [Theory, MemberData(nameof(All))]
    public void The_way_forth_leaves_the_result_alone(string name) => TwoThreads.Run(() =>
    {
        using var scope = NewDisposeScope();
        var (images, layer) = Layers[name]();
        var leaf = images.requires_grad_();
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        var before = statistics.ThreadTotalLiveCount;
        layer(leaf);
        Assert.Equal(1, statistics.ThreadTotalLiveCount - before);
    });
}
