using Arow.Classes;

namespace Arow.Models.Execution;

/// <summary>
/// A network with constant weights, for attacks: the same function, computed from folded copies of the weights. Later
/// changes of the weights have no effect on it.
/// </summary>
public sealed class FrozenView : IDisposable
{
    private readonly FrozenExecutor? layers;

    /// <summary>Creates a view of the network itself, in evaluation mode.</summary>
    internal FrozenView(Classifier exact) => Classifier = exact;

    /// <summary>Creates a view that computes the layers from folded copies.</summary>
    internal FrozenView(Func<Tensor, ILayerExecutor, Tensor> run, FrozenExecutor layers)
    {
        this.layers = layers;
        Classifier = new Folded(run, layers).Classify;
    }

    private FrozenView(Classifier classifier, FrozenExecutor? layers) => (Classifier, this.layers) = (classifier, layers);

    /// <summary>Returns the view with its outputs in another order; it replaces this one.</summary>
    internal FrozenView Reordered(ClassOrder order) => new(order.Apply(Classifier), layers);

    /// <summary>Returns the view as another function of the images, computed from this one; it replaces this one.</summary>
    internal FrozenView Adapted(Func<Classifier, Classifier> adapt) => new(adapt(Classifier), layers);

    /// <summary>Maps images in [0, 1] to float32 logits.</summary>
    public Classifier Classifier { get; }

    /// <inheritdoc/>
    public void Dispose() => layers?.Dispose();

    private sealed class Folded(Func<Tensor, ILayerExecutor, Tensor> run, ILayerExecutor layers) : IIncremental
    {
        public Tensor Classify(Tensor images) => run(images, layers);

        public IIncrementalClassifier CreateIncremental() => new IncrementalExecutor(run, layers);
    }
}
