using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>The way past a residual block: a convolution of single pixels where the output differs in shape, else nothing.</summary>
internal sealed class Shortcut
{
    private readonly Conv2d? convolution;
    private readonly BatchNorm2d? norm;

    /// <param name="channels">Of the block's input.</param>
    /// <param name="filters">Of its output.</param>
    /// <param name="stride">Its stride.</param>
    /// <param name="normalized">Whether batch norm follows the convolution.</param>
    public Shortcut(int channels, int filters, int stride, bool normalized)
    {
        if (stride == 1 && channels == filters) return;
        convolution = Layers.Conv1x1(channels, filters, stride);
        norm = normalized ? nn.BatchNorm2d(filters) : null;
        Module = Layers.InRow(norm is null ? [convolution] : [convolution, norm]);
    }

    /// <summary>The layers with their published keys; null where the input itself is added.</summary>
    public Sequential? Module { get; }

    /// <summary>What is added to the block's output, of what enters the block.</summary>
    public Tensor Run(Tensor x, ILayers layers) => convolution is null ? x : layers.Convolve(convolution, norm, x);
}
