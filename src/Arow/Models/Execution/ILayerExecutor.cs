using Arow.Models.Kernels;
using TorchSharp.Modules;

namespace Arow.Models.Execution;

/// <summary>
/// Computes the layers of a network. An architecture defines only the order of its layers; executors compute them
/// exactly, in reduced precision or with constants folded. Tensors are features [N, C, H, W] except where noted.
/// </summary>
internal interface ILayerExecutor
{
    /// <summary>Computes the first convolution, of float32 images, and its normalisation.</summary>
    Tensor FirstConvolution(Conv2d convolution, BatchNorm2d? norm, Tensor images);

    /// <summary>Computes the first convolution, its normalisation and the activation.</summary>
    Tensor FirstConvolutionAndActivate(Conv2d convolution, BatchNorm2d? norm, Activation activation, Tensor images) =>
        Activate(activation, FirstConvolution(convolution, norm, images));

    /// <summary>Computes a convolution and, if there is one, its normalisation.</summary>
    Tensor Convolution(Conv2d convolution, BatchNorm2d? norm, Tensor x);

    /// <summary>Computes a normalisation that does not follow a convolution directly.</summary>
    Tensor Normalize(BatchNorm2d norm, Tensor x);

    /// <summary>Computes the activation. x is another layer's result and not used again: it may be overwritten.</summary>
    Tensor Activate(Activation activation, Tensor x) => activation.ApplyInPlace(x);

    /// <summary>Computes ReLU and 2x2 max pooling. x is another layer's result and not used again.</summary>
    Tensor ActivateAndPool(Tensor x) => PooledRelu.Apply(x);

    /// <summary>Computes max pooling, as after the first convolution of networks for large images.</summary>
    Tensor MaxPool(Tensor x, long kernel, long stride, long padding) => F.max_pool2d(x, kernel, stride, padding);

    /// <summary>Adds a row of zeros at the bottom and a column at the right.</summary>
    Tensor PadEnd(Tensor x) => F.pad(x, [0, 1, 0, 1]);

    /// <summary>Computes x + y. x is another layer's result and not used again: it may be overwritten.</summary>
    Tensor Add(Tensor x, Tensor y) => x.add_(y);

    /// <summary>Computes the mean over all pixels, [N, channels]. The published code has fixed pools, which agree at its image sizes.</summary>
    Tensor GlobalAverage(Tensor x) => x.mean([2, 3]);

    /// <summary>Flattens the features of an image, [N, C · H · W].</summary>
    Tensor Flatten(Tensor x) => x.flatten(1);

    /// <summary>Computes a linear layer of [N, features].</summary>
    Tensor Linear(Linear linear, Tensor x);

    /// <summary>Applies dropout to [N, features] in training mode.</summary>
    Tensor Dropout(Dropout dropout, Tensor x);

    /// <summary>Computes the last linear layer, from [N, features] to float32 logits.</summary>
    Tensor Logits(Linear linear, Tensor x);
}
