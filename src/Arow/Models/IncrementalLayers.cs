using TorchSharp.Modules;

namespace Arow.Models;

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
internal sealed class IncrementalLayers(Func<Tensor, ILayers, Tensor> run, ILayers layers) : ILayers, IIncrementalClassifier
{
    /// <summary>The share of an image above which cutting and pasting costs more than it saves.</summary>
    private const double TooLarge = 0.5;

    // For the current images: the input of the first layer, and the first pooled values, [N, rows, columns, channels].
    private Tensor? known, knownMaxima;

    // For the last candidates: the input, the changed pooled values, [N, M, channels], and their indices among all, [N, M].
    private Tensor? tried, newMaxima, places;

    private bool beginning, beforeMaxima, local;
    private long reach;
    private ChangedParts? parts;

    public Tensor Begin(Tensor images)
    {
        (beginning, local, reach) = (true, true, 0);
        return Run(images);
    }

    public Tensor Try(Tensor images)
    {
        beginning = false;
        return Run(images);
    }

    public void Take(Tensor rows)
    {
        if (knownMaxima is null) return;
        using var scope = NewDisposeScope();
        known!.index_copy_(0, rows, tried!.index_select(0, rows));
        knownMaxima.flatten(0, 2).index_copy_(0, places!.index_select(0, rows).flatten(), newMaxima!.index_select(0, rows).flatten(0, 1));
    }

    public void Keep(Tensor rows)
    {
        if (knownMaxima is null) return;
        Hold(ref known, known!.index_select(0, rows));
        Hold(ref knownMaxima, knownMaxima.index_select(0, rows));
    }

    Tensor ILayers.Enter(Conv2d convolution, BatchNorm2d? norm, Tensor x) => layers.Enter(convolution, norm, Entering(convolution, x));

    Tensor ILayers.EnterAndActivate(Conv2d convolution, BatchNorm2d? norm, Activation activation, Tensor x) =>
        layers.EnterAndActivate(convolution, norm, activation, Entering(convolution, x));

    Tensor ILayers.Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x)
    {
        Account(convolution);
        return layers.Convolve(convolution, norm, x);
    }

    Tensor ILayers.Normalize(BatchNorm2d norm, Tensor x) => layers.Normalize(norm, x);

    Tensor ILayers.Activate(Activation activation, Tensor x) => layers.Activate(activation, x);

    Tensor ILayers.ActivateAndPool(Tensor x)
    {
        var h = layers.ActivateAndPool(x);
        if (!beforeMaxima) return h;
        beforeMaxima = false;
        return !local ? h : beginning ? Remembered(h) : Pasted(h);
    }

    Tensor ILayers.Add(Tensor x, Tensor y)
    {
        local &= !beforeMaxima;
        return layers.Add(x, y);
    }

    Tensor ILayers.Project(Linear linear, Tensor x) => layers.Project(linear, x);

    Tensor ILayers.Drop(Dropout dropout, Tensor x) => layers.Drop(dropout, x);

    Tensor ILayers.Leave(Linear linear, Tensor x) => layers.Leave(linear, x);

    public void Dispose()
    {
        foreach (var kept in (Tensor?[])[known, knownMaxima, tried, newMaxima, places]) kept?.Dispose();
    }

    private Tensor Run(Tensor images)
    {
        using var frozen = no_grad();
        (beforeMaxima, parts) = (true, null);
        return run(images, this);
    }

    /// <summary>Returns the images, or only the changed parts of them.</summary>
    private Tensor Entering(Conv2d convolution, Tensor x)
    {
        Account(convolution);
        if (beginning) Hold(ref known, x.clone());
        else if (knownMaxima is not null)
        {
            Hold(ref tried, x.alias());
            parts = ChangedParts.Of(x != known!, reach, knownMaxima.shape[1], knownMaxima.shape[2]);
            if (parts is not null && parts.Pixels * parts.Pixels > TooLarge * x.shape[2] * x.shape[3]) parts = null;
        }
        return parts?.Cut(x) ?? x;
    }

    /// <summary>Records the receptive field of a convolution before the pooling, and whether it supports incremental evaluation.</summary>
    private void Account(Conv2d convolution)
    {
        if (!beforeMaxima || !beginning) return;
        var kernel = convolution.weight!.shape;
        local &= kernel[2] == kernel[3] && convolution.padding!.All(p => p == 0) && convolution.stride!.All(s => s == 1)
            && convolution.dilation!.All(d => d == 1);
        reach += kernel[2] - 1;
    }

    private Tensor Remembered(Tensor h)
    {
        Hold(ref knownMaxima, PixelByPixel(h).clone());
        return h;
    }

    /// <summary>Combines the pooled values of changed parts with those of the whole images.</summary>
    private Tensor Pasted(Tensor h)
    {
        var (n, rows, columns, channels) = (knownMaxima!.shape[0], knownMaxima.shape[1], knownMaxima.shape[2], knownMaxima.shape[3]);
        Hold(ref newMaxima, PixelByPixel(h).reshape(n, -1, channels).clone());
        var where = parts is null ? arange(n * rows * columns, device: h.device) : parts.PlacesOfMaxima(rows, columns);
        Hold(ref places, where.reshape(n, -1));
        if (parts is null) return h;
        var whole = knownMaxima.clone();
        whole.flatten(0, 2).index_copy_(0, places!.flatten(), newMaxima!.flatten(0, 1));
        return whole.permute(0, 3, 1, 2);
    }

    private static Tensor PixelByPixel(Tensor x) => x.permute(0, 2, 3, 1).contiguous();

    private static void Hold(ref Tensor? field, Tensor value)
    {
        field?.Dispose();
        field = value.DetachFromDisposeScope();
    }
}
