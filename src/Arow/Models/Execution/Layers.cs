using TorchSharp.Modules;

namespace Arow.Models.Execution;

/// <summary>Layers of residual networks, with the defaults that these use.</summary>
internal static class Layers
{
    public static Conv2d Conv3x3(int channels, int filters, int stride = 1) =>
        nn.Conv2d(channels, filters, 3, stride, padding: 1, bias: false);

    public static Conv2d Conv1x1(int channels, int filters, int stride = 1) =>
        nn.Conv2d(channels, filters, 1, stride, bias: false);

    /// <summary>Creates a sequence of modules with the keys 0, 1, 2 …</summary>
    public static Sequential Sequence(IEnumerable<nn.Module<Tensor, Tensor>> modules) =>
        nn.Sequential(modules.Select((module, i) => ($"{i}", module)).ToArray());

    /// <summary>Executes the modules of a network or block themselves: the implementation of forward.</summary>
    public static Tensor ExecuteExact(IExecutable network, Tensor input)
    {
        using var scope = NewDisposeScope();
        return network.Execute(input, ExactExecutor.Instance).MoveToOuterDisposeScope();
    }

    /// <summary>Executes blocks in order.</summary>
    public static Tensor Execute(Sequential blocks, Tensor x, ILayerExecutor layers) =>
        blocks.children().Cast<IExecutable>().Aggregate(x, (h, block) => block.Execute(h, layers));

    /// <summary>Computes a block's shortcut: a 1x1 convolution and possibly a norm; x itself if there is none.</summary>
    public static Tensor Shortcut(Sequential? shortcut, Tensor x, ILayerExecutor layers)
    {
        if (shortcut is null) return x;
        var parts = shortcut.children().ToList();
        return layers.Convolution((Conv2d)parts[0], (BatchNorm2d?)parts.ElementAtOrDefault(1), x);
    }
}
