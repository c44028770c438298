using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// A network that begins with convolutions without padding and maxima of 2x2: up to there, only what a change can reach is
/// computed again, what follows as always. A network that begins otherwise is computed from the beginning each time.
/// </summary>
/// <remarks>
/// The first two of the small network's convolutions are more than half of its work, and a square of 4x4 pixels reaches
/// a fifth of what they compute.
/// </remarks>
/// <param name="run">The network, of images in [0, 1].</param>
/// <param name="layers">How its layers are computed.</param>
internal sealed class IncrementalLayers(Func<Tensor, ILayers, Tensor> run, ILayers layers) : ILayers, IIncrementalClassifier
{
    /// <summary>The share of an image from which on cutting and pasting costs more than it saves.</summary>
    private const double TooLarge = 0.5;

    // Of the images remembered: what enters the first layer, and the first maxima, [N, rows, columns, channels].
    private Tensor? known, knownMaxima;

    // Of the images tried last: what enters, and which maxima are new: [N, M, channels] and where, [N, M], among all.
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

    /// <summary>The images, or what has changed of them.</summary>
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

    /// <summary>Takes down how far a convolution before the maxima reaches, and whether that is all there is to it.</summary>
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

    /// <summary>The maxima of the whole images, of those of their parts.</summary>
    private Tensor Pasted(Tensor h)
    {
        var (n, rows, columns, channels) = (knownMaxima!.shape[0], knownMaxima.shape[1], knownMaxima.shape[2], knownMaxima.shape[3]);
        Hold(ref newMaxima, PixelByPixel(h).reshape(n, -1, channels).clone());
        Hold(ref places, parts is null ? arange(n * rows * columns, device: h.device).reshape(n, -1) : parts.PlacesOfMaxima(rows, columns).reshape(n, -1));
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
