namespace Arow.Models;

/// <summary>
/// A network while its weights stand still, as attacks see it: the same function, computed from copies of the weights in
/// which all is folded that is constant. Later changes of the weights do not reach it.
/// </summary>
public sealed class FrozenView : IDisposable
{
    private readonly FrozenLayers? layers;

    /// <summary>The network itself, in evaluation mode.</summary>
    internal FrozenView(Classifier exact) => Classifier = exact;

    /// <summary>Its layers with folded copies.</summary>
    internal FrozenView(Func<Tensor, ILayers, Tensor> run, FrozenLayers layers)
    {
        this.layers = layers;
        Classifier = new Folded(run, layers).Classify;
    }

    private FrozenView(Classifier classifier, FrozenLayers? layers) => (Classifier, this.layers) = (classifier, layers);

    /// <summary>The same view with its outputs in another order; it takes this one's place.</summary>
    internal FrozenView In(ClassOrder order) => new(order.Apply(Classifier), layers);

    /// <summary>Images in [0, 1] to logits in float32.</summary>
    public Classifier Classifier { get; }

    /// <inheritdoc/>
    public void Dispose() => layers?.Dispose();

    private sealed class Folded(Func<Tensor, ILayers, Tensor> run, ILayers layers) : IIncremental
    {
        public Tensor Classify(Tensor images) => run(images, layers);

        public IIncrementalClassifier Incremental() => new IncrementalLayers(run, layers);
    }
}
