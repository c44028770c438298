namespace Arow.Models.Execution;

/// <summary>An architecture, or a block of one, whose layers are computed by an executor.</summary>
/// <param name="name">The name of the module.</param>
internal abstract class LayeredModule(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>
    /// Whether kernels of one pixel are computed as linear layers, because some have numbers of channels for which oneDNN computes
    /// convolutions incorrectly.
    /// </summary>
    public virtual bool HasLinearPointwise => false;

    /// <summary>The executor of the modules themselves.</summary>
    public ExactExecutor Exact => HasLinearPointwise ? ExactExecutor.LinearPointwise : ExactExecutor.Instance;

    /// <summary>
    /// Maps normalised images to logits, or the input of a block to its output. Intermediate results are in the caller's
    /// dispose scope.
    /// </summary>
    public abstract Tensor Execute(Tensor images, ILayerExecutor layers);

    /// <summary>Executes the modules themselves.</summary>
    public sealed override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Execute(input, Exact).MoveToOuterDisposeScope();
    }
}
