using TorchSharp.Modules;

namespace Arow.Models.Execution;

/// <summary>
/// Re-evaluates a network whose first layers are convolutions without padding and 2x2 max pooling: up to there it computes
/// only what a change of the image affects; later layers are computed as usual. Other networks are evaluated in full.
/// </summary>
/// <remarks>
/// The first two convolutions of the small network are more than half of its work, and a square of 4x4 pixels affects
/// a fifth of their output.
/// </remarks>
/// <param name="run">The network, of images in [0, 1].</param>
/// <param name="layers">Computes its layers.</param>
internal sealed class IncrementalExecutor(Func<Tensor, ILayerExecutor, Tensor> run, ILayerExecutor layers) : ILayerExecutor, IIncrementalClassifier
{
    /// <summary>The share of an image above which cutting and pasting costs more than it saves.</summary>
    private const double MaximumShare = 0.5;

    // For the current images: the input of the first layer, and the first pooled values, [N, rows, columns, channels].
    private Tensor? cachedInput, cachedMaxima;

    // For the last candidates: the input, the changed pooled values, [N, M, channels], and their indices among all, [N, M].
    private Tensor? lastInput, newMaxima, newIndices;

    private bool fillsCache, isBeforePooling, isSupported;
    private long receptiveFieldLoss;
    private ChangedRegions? changes;

    public Tensor Fill(Tensor images)
    {
        (fillsCache, isSupported, receptiveFieldLoss) = (true, true, 0);
        return Run(images);
    }

    public Tensor Evaluate(Tensor images)
    {
        fillsCache = false;
        return Run(images);
    }

    public void Accept(Tensor rows)
    {
        if (cachedMaxima is null) return;
        using var scope = NewDisposeScope();
        cachedInput!.index_copy_(0, rows, lastInput!.index_select(0, rows));
        cachedMaxima.flatten(0, 2).index_copy_(0, newIndices!.index_select(0, rows).flatten(), newMaxima!.index_select(0, rows).flatten(0, 1));
    }

    public void Retain(Tensor rows)
    {
        if (cachedMaxima is null) return;
        Replace(ref cachedInput, cachedInput!.index_select(0, rows));
        Replace(ref cachedMaxima, cachedMaxima.index_select(0, rows));
    }

    Tensor ILayerExecutor.FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor x) =>
        layers.FirstConvolution(convolution, norm, ChangedInput(convolution, x));

    Tensor ILayerExecutor.FirstConvolutionAndActivate(Conv2d convolution, BatchNorm2d? norm, Activation activation, Tensor x) =>
        layers.FirstConvolutionAndActivate(convolution, norm, activation, ChangedInput(convolution, x));

    Tensor ILayerExecutor.Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x)
    {
        RecordConvolution(convolution);
        return layers.Convolution(convolution, norm, x);
    }

    Tensor ILayerExecutor.Normalize(BatchNorm2d norm, Tensor x) => layers.Normalize(norm, x);

    Tensor ILayerExecutor.Activate(Activation activation, Tensor x) => layers.Activate(activation, x);

    Tensor ILayerExecutor.ActivateAndPool(Tensor x)
    {
        var h = layers.ActivateAndPool(x);
        if (!isBeforePooling) return h;
        isBeforePooling = false;
        return !isSupported ? h : fillsCache ? Cache(h) : Paste(h);
    }

    Tensor ILayerExecutor.MaxPool(Tensor x, long kernel, long stride, long padding)
    {
        isSupported &= !isBeforePooling;
        return layers.MaxPool(x, kernel, stride, padding);
    }

    Tensor ILayerExecutor.Add(Tensor x, Tensor y)
    {
        isSupported &= !isBeforePooling;
        return layers.Add(x, y);
    }

    Tensor ILayerExecutor.Linear(Linear linear, Tensor x) => layers.Linear(linear, x);

    Tensor ILayerExecutor.Dropout(Dropout dropout, Tensor x) => layers.Dropout(dropout, x);

    Tensor ILayerExecutor.Logits(Linear linear, Tensor x) => layers.Logits(linear, x);

    public void Dispose()
    {
        foreach (var kept in (Tensor?[])[cachedInput, cachedMaxima, lastInput, newMaxima, newIndices]) kept?.Dispose();
    }

    private Tensor Run(Tensor images)
    {
        using var frozen = no_grad();
        (isBeforePooling, changes) = (true, null);
        return run(images, this);
    }

    /// <summary>Returns the images, or only the changed parts of them.</summary>
    private Tensor ChangedInput(Conv2d convolution, Tensor x)
    {
        RecordConvolution(convolution);
        if (fillsCache) Replace(ref cachedInput, x.clone());
        else if (cachedMaxima is not null)
        {
            Replace(ref lastInput, x.alias());
            changes = ChangedRegions.Find(x != cachedInput!, receptiveFieldLoss, cachedMaxima.shape[1], cachedMaxima.shape[2]);
            if (changes is not null && changes.Pixels * changes.Pixels > MaximumShare * x.shape[2] * x.shape[3]) changes = null;
        }
        return changes?.Cut(x) ?? x;
    }

    /// <summary>Records the receptive field of a convolution before the pooling, and whether it supports incremental evaluation.</summary>
    private void RecordConvolution(Conv2d convolution)
    {
        if (!isBeforePooling || !fillsCache) return;
        var kernel = convolution.weight!.shape;
        isSupported &= kernel[2] == kernel[3] && convolution.padding!.All(p => p == 0) && convolution.stride!.All(s => s == 1)
            && convolution.dilation!.All(d => d == 1);
        receptiveFieldLoss += kernel[2] - 1;
    }

    private Tensor Cache(Tensor h)
    {
        Replace(ref cachedMaxima, ToChannelsLastLayout(h).clone());
        return h;
    }

    /// <summary>Combines the pooled values of changed parts with those of the whole images.</summary>
    private Tensor Paste(Tensor h)
    {
        var (n, rows, columns, channels) = (cachedMaxima!.shape[0], cachedMaxima.shape[1], cachedMaxima.shape[2], cachedMaxima.shape[3]);
        Replace(ref newMaxima, ToChannelsLastLayout(h).reshape(n, -1, channels).clone());
        var where = changes is null ? arange(n * rows * columns, device: h.device) : changes.PooledIndices(rows, columns);
        Replace(ref newIndices, where.reshape(n, -1));
        if (changes is null) return h;
        var whole = cachedMaxima.clone();
        whole.flatten(0, 2).index_copy_(0, newIndices!.flatten(), newMaxima!.flatten(0, 1));
        return whole.permute(0, 3, 1, 2);
    }

    private static Tensor ToChannelsLastLayout(Tensor x) => x.permute(0, 2, 3, 1).contiguous();

    private static void Replace(ref Tensor? field, Tensor value)
    {
        field?.Dispose();
        field = value.DetachFromDisposeScope();
    }
}
