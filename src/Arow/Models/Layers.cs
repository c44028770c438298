using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>Layers of residual networks, with the defaults that these use.</summary>
internal static class Layers
{
    public static Conv2d Conv3x3(int channels, int filters, int stride = 1) =>
        nn.Conv2d(channels, filters, 3, stride, padding: 1, bias: false);

    public static Conv2d Conv1x1(int channels, int filters, int stride = 1) =>
        nn.Conv2d(channels, filters, 1, stride, bias: false);

    /// <summary>Creates a sequence of modules with the keys 0, 1, 2 …</summary>
    public static Sequential InRow(IEnumerable<nn.Module<Tensor, Tensor>> modules) =>
        nn.Sequential(modules.Select((module, i) => ($"{i}", module)).ToArray());

    /// <summary>Executes the modules of a network or block themselves: the implementation of forward.</summary>
    public static Tensor Exactly(ILayered network, Tensor input)
    {
        using var scope = NewDisposeScope();
        return network.Run(input, ExactLayers.Instance).MoveToOuterDisposeScope();
    }

    /// <summary>Executes blocks in order.</summary>
    public static Tensor Run(Sequential blocks, Tensor x, ILayers layers) =>
        blocks.children().Cast<ILayered>().Aggregate(x, (h, block) => block.Run(h, layers));

    /// <summary>Computes a block's shortcut: a 1x1 convolution and possibly a norm; x itself if there is none.</summary>
    public static Tensor Past(Sequential? shortcut, Tensor x, ILayers layers)
    {
        if (shortcut is null) return x;
        var parts = shortcut.children().ToList();
        return layers.Convolve((Conv2d)parts[0], (BatchNorm2d?)parts.ElementAtOrDefault(1), x);
    }
}
