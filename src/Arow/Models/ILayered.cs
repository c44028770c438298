namespace Arow.Models;

/// <summary>An architecture that leaves it open how its layers are computed.</summary>
internal interface ILayered
{
    /// <summary>From normalised images to logits; intermediate results live in the caller's scope.</summary>
    Tensor Run(Tensor images, ILayers layers);
}
