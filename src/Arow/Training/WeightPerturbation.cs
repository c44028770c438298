using Arow.Models;
using TorchSharp.Modules;

namespace Arow.Training;

/// <summary>
/// Adversarial weight perturbation (Wu, Xia, Wang 2020): the gradient of a step is taken at weights where the loss is
/// higher, each layer moved up its own gradient by γ of its norm. d = γ ‖w‖ / (‖g‖ + 1e-20) · g for every tensor of more
/// than one dimension whose name contains "weight"; biases and batch norms are not perturbed.
/// </summary>
/// <remarks>
/// The published code takes one descent step of a copy of the network along the negated loss and normalises the
/// difference; the length of that step, which is the learning rate, cancels out, so the gradient is used here directly.
/// </remarks>
/// <param name="network">The network to perturb.</param>
/// <param name="gamma">γ > 0; 0.005 as published.</param>
/// <param name="companion">A network that the loss trains along; it is not perturbed.</param>
internal sealed class WeightPerturbation(Network network, double gamma, Network? companion = null)
{
    private const double Epsilon = 1e-20;

    private readonly List<(Tensor Weight, Tensor Move)> applied = [];

    /// <summary>Adds up the gradients of all processes that train together; null for one process.</summary>
    public Action<IReadOnlyList<Parameter>>? SumGradients { get; init; }

    /// <summary>
    /// Moves the weights up the loss. The pass over the batch changes neither batch-norm statistics nor
    /// existing gradients.
    /// </summary>
    /// <param name="loss">The loss of the batch, a scalar; of several processes their summands.</param>
    public void Perturb(Func<Tensor> loss)
    {
        Restore();
        using var scope = NewDisposeScope();
        List<Parameter> layers =
            [.. network.Parameters.Where(p => p.Value.dim() > 1 && p.Name.Contains("weight", StringComparison.Ordinal)).Select(p => p.Value)];
        var savedGradients = layers.Select(w => w.grad).ToList();
        foreach (var w in layers) w.grad = null;
        var buffers = Buffers().Select(buffer => (Buffer: buffer, Value: buffer.clone())).ToList();
        using (NewDisposeScope()) loss().backward(inputs: [.. layers]);
        SumGradients?.Invoke(layers);

        using var frozen = no_grad();
        foreach (var (buffer, value) in buffers) buffer.copy_(value);
        foreach (var (w, gradient) in layers.Zip(savedGradients))
        {
            if (w.grad is { } g)
            {
                // A perturbation by a non-finite gradient could not be undone.
                var perturbation = (gamma * w.norm() / (g.norm() + Epsilon) * g).nan_to_num(0, 0, 0).DetachFromDisposeScope();
                w.add_(perturbation);
                applied.Add((w, perturbation));
            }
            w.grad = gradient;
        }
    }

    /// <summary>Subtracts the perturbation from the current weights; does nothing if there is none.</summary>
    public void Restore()
    {
        using var frozen = no_grad();
        foreach (var (w, perturbation) in applied)
        {
            w.sub_(perturbation);
            perturbation.Dispose();
        }
        applied.Clear();
    }

    private IEnumerable<Tensor> Buffers() =>
        ((Network?[])[network, companion]).OfType<Network>().SelectMany(n => n.Module.buffers());
}
