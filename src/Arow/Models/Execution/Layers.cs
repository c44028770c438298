using TorchSharp.Modules;

namespace Arow.Models.Execution;

/// <summary>Layers of residual networks, with the defaults that these use.</summary>
internal static class Layers
{
    public static Conv2d Conv3x3(int channels, int filters, int stride = 1) =>
        nn.Conv2d(channels, filters, 3, stride, padding: 1, bias: false);

    /// <summary>
    /// Creates a 3x3 convolution whose stride begins at the first pixel (SAME padding in TensorFlow and JAX): with stride 2 it has no
    /// padding of its own, and <see cref="ConvolveSame"/> pads.
    /// </summary>
    public static Conv2d Conv3x3Same(int channels, int filters, int stride) =>
        stride == 1 ? Conv3x3(channels, filters) : nn.Conv2d(channels, filters, 3, stride, padding: 0, bias: false);

    /// <summary>Computes a convolution of <see cref="Conv3x3Same"/>.</summary>
    public static Tensor ConvolveSame(Conv2d convolution, BatchNorm2d? norm, Tensor x, ILayerExecutor layers) =>
        layers.Convolution(convolution, norm, convolution.padding![0] == 0 ? layers.PadEnd(x) : x);

    /// <summary>Draws normal weights of variance 2 / fan-out.</summary>
    public static void InitializeByFanOut(Conv2d convolution)
    {
        var shape = convolution.weight!.shape;
        nn.init.normal_(convolution.weight, 0, Math.Sqrt(2.0 / (shape[0] * shape[2] * shape[3])));
    }

    public static Conv2d Conv1x1(int channels, int filters, int stride = 1) =>
        nn.Conv2d(channels, filters, 1, stride, bias: false);

    /// <summary>Creates a sequence of modules with the keys 0, 1, 2 …</summary>
    public static Sequential Sequence(IEnumerable<nn.Module<Tensor, Tensor>> modules) =>
        nn.Sequential(modules.Select((module, i) => ($"{i}", module)).ToArray());

    /// <summary>Creates the blocks of a stage: the first has the stride and may change the number of channels.</summary>
    /// <param name="channels">Channels of the input; afterwards those of the output.</param>
    /// <param name="filters">Channels of the output of every block.</param>
    /// <param name="depth">The number of blocks.</param>
    /// <param name="stride">The stride of the first block.</param>
    /// <param name="block">Creates a block from the channels of its input and its stride.</param>
    public static Sequential Stage(ref int channels, int filters, int depth, int stride, Func<int, int, nn.Module<Tensor, Tensor>> block)
    {
        var blocks = new List<nn.Module<Tensor, Tensor>>();
        for (var i = 0; i < depth; i++)
        {
            blocks.Add(block(channels, i == 0 ? stride : 1));
            channels = filters;
        }
        return Sequence(blocks);
    }

    /// <summary>Creates the shortcut of a block whose output differs in shape: a 1x1 convolution and a norm; null if it does not.</summary>
    public static Sequential? Projection(int channels, int filters, int stride) =>
        stride == 1 && channels == filters ? null : Sequence([Conv1x1(channels, filters, stride), nn.BatchNorm2d(filters)]);

    /// <summary>Executes blocks in order.</summary>
    public static Tensor Execute(Sequential blocks, Tensor x, ILayerExecutor layers) =>
        blocks.children().Cast<LayeredModule>().Aggregate(x, (h, block) => block.Execute(h, layers));

    /// <summary>Computes a block's shortcut: a 1x1 convolution and possibly a norm; x itself if there is none.</summary>
    public static Tensor Shortcut(Sequential? shortcut, Tensor x, ILayerExecutor layers)
    {
        if (shortcut is null) return x;
        var parts = shortcut.children().ToList();
        return layers.Convolution((Conv2d)parts[0], (BatchNorm2d?)parts.ElementAtOrDefault(1), x);
    }
}
