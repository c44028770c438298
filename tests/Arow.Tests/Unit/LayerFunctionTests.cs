using Arow.Models;

namespace Arow.Tests.Unit;

/// <summary>Layers with a backward pass of our own, all of them.</summary>
public sealed class LayerFunctionTests
{
    private static readonly Dictionary<string, (Func<Tensor> Images, Func<Tensor, Tensor> Layer, bool GoesBackOnce)> Layers = new()
    {
        [nameof(PooledRelu)] = (() => ChannelsLast.Of(rand(2, 32, 4, 4)), PooledRelu.Of, false),
        [nameof(GreyConvolution)] = (
            () => rand(2, 1, 6, 6),
            x => new GreyConvolution(new GreyShape(6, 6, 3, 3, 1, 1, 32), ScalarType.Float32, rectified: true).Of(
                x, GreyConvolution.Ordered(ones(32, 1, 3, 3), ScalarType.Float32), GreyConvolution.Ordered(zeros(32), ScalarType.Float32)),
            false),
        [nameof(TrainedConvolution)] = (
            () => ChannelsLast.Of(rand(2, 16, 4, 4)),
            x => new TrainedConvolution(ScalarType.Float32, [1, 1], [1, 1]).Of(x, ones(16, 16, 3, 3).requires_grad_(), null),
            true),
    };

    public static TheoryData<string> All => [.. Layers.Keys];

    [Fact]
    public void None_is_missing() => Assert.Equal(
        typeof(Network).Assembly.GetTypes().Where(t => t.BaseType is { IsGenericType: true } b && b.GetGenericTypeDefinition() == typeof(LayerFunction<>))
            .Select(t => (t.DeclaringType is { } layer && layer.Namespace == t.Namespace ? layer : t).Name).Order(),
        Layers.Keys.Order());

    [Theory, MemberData(nameof(All))]
    public void Several_ways_back_through_one_graph_add_up(string name)
    {
        using var scope = NewDisposeScope();
        var (images, layer, once) = Layers[name];
        if (once) return;
        var leaf = images().requires_grad_();
        var y = layer(leaf).sum();
        y.backward(inputs: [leaf], retain_graph: true);
        var first = leaf.grad!.clone();
        y.backward(inputs: [leaf]);
        Assert.True((leaf.grad! == 2 * first).all().item<bool>());
    }

    [Theory, MemberData(nameof(All))]
    public void The_way_forth_leaves_the_result_alone(string name) => TwoThreads.Run(() =>
    {
        using var scope = NewDisposeScope();
        var (images, layer, _) = Layers[name];
        var leaf = images().requires_grad_();
        layer(leaf);
        var constants = Made(() => layer(leaf.detach()));
        // The same tensors as without a gradient: TorchSharp's own second one of the result is gone.
        Assert.InRange(Made(() => layer(leaf)), 1, constants);

        static long Made(Func<Tensor> call)
        {
            var statistics = DisposeScopeManager.Statistics.TensorStatistics;
            var before = statistics.ThreadTotalLiveCount;
            call();
            return statistics.ThreadTotalLiveCount - before;
        }
    });
}
