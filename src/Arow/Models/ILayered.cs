namespace Arow.Models;

/// <summary>An architecture, or a block of one, that leaves it open how its layers are computed.</summary>
internal interface ILayered
{
    /// <summary>From normalised images, or what enters the block, to logits, or what leaves it; intermediate results live in the caller's scope.</summary>
    Tensor Run(Tensor images, ILayers layers);
}
