using TorchSharp.Modules;

namespace Arow.Training;

/// <summary>Options of the optimizer.</summary>
/// <param name="Momentum">Momentum in [0, 1).</param>
/// <param name="Nesterov">Nesterov's form of momentum.</param>
/// <param name="WeightDecay">The factor of the weights that are added to the gradient.</param>
/// <param name="DecayAll">Whether norms and biases (tensors of one dimension) decay too, as published.</param>
/// <param name="ClipGradient">Largest norm of the whole gradient; null for no limit.</param>
public sealed record SgdOptions(
    double Momentum = 0.9, bool Nesterov = false, double WeightDecay = 5e-4, bool DecayAll = true,
    double? ClipGradient = null);

/// <summary>
/// Stochastic gradient descent with momentum, torch's recurrence: g ← ∇ + decay · w; v ← momentum · v + g (v = g at
/// first); w ← w − rate · v, or w − rate · (g + momentum · v) in Nesterov's form. Its state is accessible, for checkpoints.
/// </summary>
internal sealed class Sgd : IDisposable
{
    // One call for all parameters: torch's own optimizer makes a native call for each operation on each tensor. The
    // scalars are passed in a tensor, since TorchSharp's temporary scalars may be finalized before the call has read them.
    private static readonly Lazy<jit.CompilationUnit> Fused = new(() => jit.compile("""
        def step(ws: List[Tensor], gs: List[Tensor], vs: List[Tensor], numbers):
            torch._fused_sgd_(ws, gs, vs, lr=float(numbers[0]), momentum=float(numbers[1]), weight_decay=float(numbers[2]), nesterov=bool(numbers[3] > 0), is_first_step=bool(numbers[4] > 0), dampening=0.0, maximize=False)

        def unless(ws: List[Tensor], gs: List[Tensor], vs: List[Tensor], numbers, over):
            torch._fused_sgd_(ws, gs, vs, lr=float(numbers[0]), momentum=float(numbers[1]), weight_decay=float(numbers[2]), nesterov=bool(numbers[3] > 0), is_first_step=bool(numbers[4] > 0), dampening=0.0, maximize=False, found_inf=over)

        """));

    private readonly IReadOnlyList<(string Name, Parameter Value)> parameters;
    private readonly SgdOptions options;
    private readonly Func<string, double> rateFactor;
    private readonly Dictionary<string, Tensor> velocity = [];
    private Tensor? foundInf;
    private bool isFirstStep = true;

    /// <summary>Prepares to update parameters, which must keep their storage.</summary>
    /// <param name="parameters">The parameters, by name.</param>
    /// <param name="options">The options of the optimizer.</param>
    /// <param name="rateFactor">The factor of a parameter's learning rate; 1 for null.</param>
    public Sgd(IReadOnlyList<(string Name, Parameter Value)> parameters, SgdOptions options, Func<string, double>? rateFactor = null)
    {
        (this.parameters, this.options, this.rateFactor) = (parameters, options, rateFactor ?? (_ => 1));
        foreach (var (name, value) in parameters) velocity[name] = zeros_like(value).detach().DetachFromDisposeScope();
    }

    /// <summary>Adds up the gradients of all processes that train together; null for one process.</summary>
    public Action<IReadOnlyList<Parameter>>? SumGradients { get; init; }

    /// <summary>The velocities by parameter; empty before the first step.</summary>
    public IReadOnlyDictionary<string, Tensor> State => isFirstStep ? new Dictionary<string, Tensor>() : velocity;

    /// <summary>Restores a saved <see cref="State"/>.</summary>
    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        isFirstStep = state.Count == 0;
        if (isFirstStep) return;
        foreach (var (name, v) in velocity) v.copy_(state[name]);
    }

    /// <summary>Clears the gradients.</summary>
    public void ZeroGrad()
    {
        foreach (var (_, parameter) in parameters) parameter.grad = null;
    }

    /// <summary>
    /// Lets steps update the weights as long as the flag has been true at every call, without reading it on the host: it is
    /// applied on the weights' device. Once it was false, weights and velocities no longer change.
    /// </summary>
    /// <param name="isFinite">A scalar bool, on the weights' device.</param>
    public void GuardUpdates(Tensor isFinite)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        // torch's function takes this form for gradients that a loss scale has made infinite.
        var ended = isFinite.logical_not().to(ScalarType.Float32).reshape(1);
        if (foundInf is null) foundInf = ended.DetachFromDisposeScope();
        else foundInf.copy_(foundInf.maximum(ended));
    }

    /// <summary>Takes one step along the gradients; parameters without a gradient are unchanged.</summary>
    public void Step(double rate)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        SumGradients?.Invoke([.. parameters.Select(p => p.Value)]);
        var updated = parameters.Select(p => (p.Name, p.Value, Gradient: p.Value.grad)).Where(p => p.Gradient is not null).ToList();
        if (options.ClipGradient is { } limit) Clip([.. updated.Select(p => p.Gradient!)], limit);

        foreach (var group in updated.GroupBy(p => (Decays: options.DecayAll || p.Value.dim() > 1, Factor: rateFactor(p.Name))))
        {
            Tensor[] ws = [.. group.Select(p => p.Value)];
            Tensor[] gs = [.. group.Select(p => p.Gradient!)];
            // torch's function refuses unused velocities.
            Tensor[] vs = options.Momentum == 0 ? [] : [.. group.Select(p => velocity[p.Name])];
            var decay = group.Key.Decays ? options.WeightDecay : 0;
            var numbers = tensor(new[] { rate * group.Key.Factor, options.Momentum, decay, options.Nesterov ? 1.0 : 0, isFirstStep ? 1.0 : 0 });
            if (foundInf is null) Fused.Value.invoke("step", ws, gs, vs, numbers);
            else Fused.Value.invoke("unless", ws, gs, vs, numbers, foundInf);
        }
        isFirstStep = false;
    }

    public void Dispose()
    {
        foreach (var v in velocity.Values) v.Dispose();
        foundInf?.Dispose();
    }

    private static void Clip(Tensor[] gradients, double limit)
    {
        var norm = stack([.. gradients.Select(g => g.square().sum())]).sum().sqrt();
        var scale = (limit / (norm + 1e-6)).clamp_max(1);
        foreach (var gradient in gradients) gradient.mul_(scale);
    }
}
