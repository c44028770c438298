using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// How the layers of a network are computed. An architecture says once which layers follow each other; whether that is
/// done exactly, in reduced precision or with constants folded is said here. All tensors are images of features
/// [N, C, H, W] unless said otherwise.
/// </summary>
internal interface ILayers
{
    /// <summary>The first convolution, of images in float32, and the normalisation of what it gives.</summary>
    Tensor Enter(Conv2d convolution, BatchNorm2d? norm, Tensor images);

    /// <summary>The same, and the nonlinearity.</summary>
    Tensor EnterAndActivate(Conv2d convolution, BatchNorm2d? norm, Activation activation, Tensor images) =>
        Activate(activation, Enter(convolution, norm, images));

    /// <summary>A convolution and, if there is one, the normalisation of what it gives.</summary>
    Tensor Convolve(Conv2d convolution, BatchNorm2d? norm, Tensor x);

    /// <summary>A normalisation that follows no convolution of its own.</summary>
    Tensor Normalize(BatchNorm2d norm, Tensor x);

    /// <summary>The nonlinearity. x is the result of another layer and not used again: its memory will do.</summary>
    Tensor Activate(Activation activation, Tensor x) => activation.ApplyInPlace(x);

    /// <summary>ReLU, then the maxima of 2x2 pixels. x is the result of another layer and not used again.</summary>
    Tensor ActivateAndPool(Tensor x) => PooledRelu.Of(x);

    /// <summary>x + y. x is the result of another layer and not used again: its memory will do.</summary>
    Tensor Add(Tensor x, Tensor y) => x.add_(y);

    /// <summary>The mean over all pixels, [N, channels]: the published fixed pools on the sizes they were made for.</summary>
    Tensor GlobalAverage(Tensor x) => x.mean([2, 3]);

    /// <summary>All features of an image in a row, [N, C · H · W].</summary>
    Tensor Flatten(Tensor x) => x.flatten(1);

    /// <summary>A linear layer, of [N, features].</summary>
    Tensor Project(Linear linear, Tensor x);

    /// <summary>Zeros at random while training, of [N, features].</summary>
    Tensor Drop(Dropout dropout, Tensor x);

    /// <summary>The last linear layer, from [N, features] to logits in float32.</summary>
    Tensor Leave(Linear linear, Tensor x);
}
