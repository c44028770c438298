using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>The layers that residual networks are made of, without the defaults that they never want.</summary>
internal static class Layers
{
    public static Conv2d Conv3x3(int channels, int filters, int stride = 1) =>
        nn.Conv2d(channels, filters, 3, stride, padding: 1, bias: false);

    public static Conv2d Conv1x1(int channels, int filters, int stride = 1) =>
        nn.Conv2d(channels, filters, 1, stride, bias: false);

    /// <summary>Modules in a row, with the keys 0, 1, 2 …</summary>
    public static Sequential InRow(IEnumerable<nn.Module<Tensor, Tensor>> modules) =>
        nn.Sequential(modules.Select((module, i) => ($"{i}", module)).ToArray());

    /// <summary>A network or a block by its modules as they are: what its forward is.</summary>
    public static Tensor Exactly(ILayered network, Tensor input)
    {
        using var scope = NewDisposeScope();
        return network.Run(input, ExactLayers.Instance).MoveToOuterDisposeScope();
    }

    /// <summary>Blocks one after the other.</summary>
    public static Tensor Run(Sequential blocks, Tensor x, ILayers layers) =>
        blocks.children().Cast<ILayered>().Aggregate(x, (h, block) => block.Run(h, layers));

    /// <summary>The way past a block: a convolution of single pixels and perhaps a norm; x itself where there is none.</summary>
    public static Tensor Past(Sequential? shortcut, Tensor x, ILayers layers)
    {
        if (shortcut is null) return x;
        var parts = shortcut.children().ToList();
        return layers.Convolve((Conv2d)parts[0], (BatchNorm2d?)parts.ElementAtOrDefault(1), x);
    }
}
