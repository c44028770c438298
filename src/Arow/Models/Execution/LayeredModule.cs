namespace Arow.Models.Execution;

/// <summary>An architecture, or a block of one, whose layers are computed by an executor.</summary>
internal interface IExecutable
{
    /// <summary>
    /// Whether kernels of one pixel are computed as linear layers, because some have numbers of channels for which oneDNN computes
    /// convolutions incorrectly.
    /// </summary>
    bool HasLinearPointwise => false;

    /// <summary>
    /// Maps normalised images to logits, or the input of a block to its output. Intermediate results are in the caller's
    /// dispose scope.
    /// </summary>
    Tensor Execute(Tensor images, ILayerExecutor layers);
}
