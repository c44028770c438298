using Arow.Models.Execution;
using Arow.Options;
using Arow.Runtime;
using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// A network that can be trained, saved and attacked: an architecture of the catalog with weights, input shape and
/// normalization. Attacks and objectives only receive functions of it.
/// </summary>
public sealed class Network : IDisposable
{
    /// <summary>Weights are drawn from torch's own generator, of which there is one for all threads.</summary>
    private static readonly Lock Generator = new();

    private readonly Func<nn.Module<Tensor, Tensor>> build;
    private readonly IDisposable? oneDnnWorkaround;
    private IReadOnlyList<string> frozenLayers = [];

    /// <summary>Creates a network of the catalog or of your own.</summary>
    /// <param name="architecture">The name of the architecture.</param>
    /// <param name="input">The shape of its images.</param>
    /// <param name="classes">The number of logits.</param>
    /// <param name="normalization">The normalization of pixels before the module.</param>
    /// <param name="build">
    /// Creates the module, from normalised images to logits; its keys are those of the weights on disk. It is called here
    /// and again for every copy; never inside a dispose scope, which would dispose the module's parameters.
    /// </param>
    public Network(
        string architecture, InputShape input, int classes, Normalization normalization,
        Func<nn.Module<Tensor, Tensor>> build)
    {
        (Architecture, Input, Classes, Normalization) = (architecture, input, classes, normalization);
        (this.build, Module) = (build, build());
        // Architectures of the catalog compute kernels of one pixel correctly themselves.
        oneDnnWorkaround = OneDnnWorkaround.DisableIfAffected(
            Module.parameters().Where(p => !(Module is LayeredModule layered && p.dim() == 4 && (OneDnnWorkaround.DividesByZero(p)
                || (layered.HasLinearPointwise && p.shape[2] == 1 && p.shape[3] == 1)))));
    }

    /// <summary>The name in the catalog.</summary>
    public string Architecture { get; }

    /// <summary>The shape of the images.</summary>
    public InputShape Input { get; }

    /// <summary>The number of logits.</summary>
    public int Classes { get; }

    /// <summary>The normalization of pixels before the module.</summary>
    public Normalization Normalization { get; internal set; }

    /// <summary>Maps normalised images to logits.</summary>
    public nn.Module<Tensor, Tensor> Module { get; }

    /// <summary>The trainable tensors by key, in the module's order, without frozen ones.</summary>
    public IReadOnlyList<(string Name, Parameter Value)> Parameters =>
        [.. Module.named_parameters().Where(p => !IsFrozen(p.name)).Select(p => (p.name, (Parameter)p.parameter))];

    /// <summary>The key of the last linear layer; null for networks that are not of the catalog.</summary>
    public string? HeadName
    {
        get
        {
            if (Module is not LayeredModule layered) return null;
            using var scope = NewDisposeScope();
            var finder = new HeadFinder();
            layered.Execute(empty(0, device: CPU), finder);
            return Module.named_modules().Single(m => ReferenceEquals(m.module, finder.Head)).name;
        }
    }

    /// <summary>
    /// Freezes layers: their weights are no longer parameters, and their batch norms run in evaluation mode, so that they do
    /// not change while the rest is trained.
    /// </summary>
    /// <param name="layers">Keys of layers or of groups of layers: <c>conv1</c>, <c>layer1</c>.</param>
    /// <exception cref="InputException">The network has no such layer, or no parameters are left to train.</exception>
    public void FreezeLayers(IReadOnlyList<string> layers)
    {
        var names = Module.named_modules().Select(m => m.name).ToHashSet();
        if (layers.FirstOrDefault(layer => !names.Contains(layer)) is { } unknown)
            throw new InputException($"{Architecture} has no layer '{unknown}'{Suggestion.Known(unknown, LayerNames)}");
        frozenLayers = layers;
        if (Parameters.Count == 0) throw new InputException($"all layers of {Architecture} are frozen: no parameters are left to train");
        foreach (var (name, parameter) in Module.named_parameters()) parameter.requires_grad = !IsFrozen(name);
    }

    /// <summary>The top-level layers and groups of layers, in the module's order.</summary>
    public IReadOnlyList<string> LayerNames => [.. Module.named_children().Select(c => c.name)];

    /// <summary>Whether a tensor or a layer, by its key, is frozen.</summary>
    internal bool IsFrozen(string key) => frozenLayers.Any(layer => key == layer || key.StartsWith($"{layer}.", StringComparison.Ordinal));

    /// <summary>Parameters and buffers by key; the tensors themselves, not copies.</summary>
    public IReadOnlyDictionary<string, Tensor> State => Module.state_dict();

    /// <summary>Creates a network with fresh weights.</summary>
    /// <param name="architecture">The name in the catalog.</param>
    /// <param name="input">The shape of its images.</param>
    /// <param name="classes">The number of logits.</param>
    /// <param name="normalization">The normalization of pixels before the module.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <param name="dropout">The dropout rate in training, in [0, 1); null for the architecture's default.</param>
    /// <exception cref="InputException">The architecture is unknown or does not support such images.</exception>
    public static Network Create(
        string architecture, InputShape input, int classes, Normalization normalization, long seed, double? dropout = null)
    {
        var definition = Architectures.Find(architecture);
        using var alone = Generator.EnterScope();
        using var preserved = TorchGenerators.Preserve();
        TorchGenerators.Seed(seed, CPU);
        return new Network(architecture, input, classes, normalization, Build);

        nn.Module<Tensor, Tensor> Build()
        {
            var module = definition.Build(input, classes);
            foreach (var layer in module.modules().OfType<Dropout>()) layer.p = dropout ?? layer.p;
            return module;
        }
    }

    /// <summary>Computes the batch norms in training mode over the images of several processes; null for those of this one.</summary>
    internal JointBatchNorm? JointNorms { get; set; }

    /// <summary>Whether it has batch norms.</summary>
    internal bool HasBatchNorm => Module.modules().OfType<BatchNorm2d>().Any();

    /// <summary>Returns the network in training mode: with dropout, and with batch norm that uses and tracks batch statistics.</summary>
    /// <param name="precision">The precision of its products; the float32 weights receive the gradients in any case.</param>
    public Classifier ForTraining(Precision precision = Precision.Exact)
    {
        Module.train();
        if (frozenLayers.Count > 0)
        {
            foreach (var (_, module) in Module.named_modules().Where(m => IsFrozen(m.name))) module.eval();
        }
        CudaMath.DisableTf32(Device);
        var products = ProductType(precision) is { } type ? new TrainingExecutor(type) : null;
        if (JointNorms is { } norms && Module is LayeredModule layered)
        {
            var joint = new JointExecutor(products is not null ? products : layered.Exact, norms);
            return images => Execute(images, joint);
        }
        return products is null ? Forward : images => Execute(images, products);
    }

    /// <summary>Returns the network in evaluation mode: images are independent of each other, and nothing changes.</summary>
    public Classifier ForEvaluation()
    {
        Module.eval();
        CudaMath.DisableTf32(Device);
        return Forward;
    }

    /// <summary>Returns the network with constant weights, for attacks: see <see cref="FrozenView"/>.</summary>
    /// <param name="precision">The precision of its products.</param>
    public FrozenView Freeze(Precision precision)
    {
        var exact = ForEvaluation();
        return ProductType(precision) is { } type ? new FrozenView(Execute, new FrozenExecutor(type)) : new FrozenView(exact);
    }

    /// <summary>
    /// Returns the network as evaluations attack it: from folded copies of the weights, in float32. Only for architectures of
    /// the catalog.
    /// </summary>
    public FrozenView Fold()
    {
        Module.eval();
        return new FrozenView(Execute, new FrozenExecutor(ScalarType.Float32));
    }

    /// <summary>
    /// Returns the smallest batch for training: with a single image, a batch norm of features of one pixel has one value a
    /// channel, which has no variance.
    /// </summary>
    public int SmallestBatch()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (training, smallest) = (Module.training, long.MaxValue);
        var hooks = Module.modules().OfType<nn.Module<Tensor, Tensor>>().Where(m => m is BatchNorm1d or BatchNorm2d or BatchNorm3d)
            .Select(norm => norm.register_forward_pre_hook((_, x) =>
            {
                smallest = Math.Min(smallest, x.shape.Skip(2).Aggregate(1L, (a, b) => a * b));
                return x;
            })).ToList();
        try
        {
            ForEvaluation()(zeros([1, Input.Channels, Input.Height, Input.Width], dtype: ScalarType.Float32, device: Device));
        }
        finally
        {
            foreach (var hook in hooks) hook.remove();
            Module.train(training);
        }
        return smallest == 1 ? 2 : 1;
    }

    /// <summary>
    /// Whether it has layers that oneDNN computes incorrectly. This process then computes all convolutions without oneDNN,
    /// which is slower, until the network is disposed.
    /// </summary>
    public bool DisablesOneDnn => oneDnnWorkaround is not null;

    /// <summary>
    /// Returns a clause on the normalization of published weights, which a file without one is assumed to need; null if there is none
    /// or the file has one.
    /// </summary>
    /// <param name="notes">The metadata of the file.</param>
    internal string? DescribePublishedNormalization(IReadOnlyDictionary<string, string> notes) =>
        notes.ContainsKey("mean") || Normalization.IsIdentity ? null
        : $"has no mean and std; those of published {Architecture} weights are used: {Models.Normalization.Format(Normalization.Mean)} and "
            + Models.Normalization.Format(Normalization.Std);

    /// <summary>Whether executors other than its modules can compute the layers.</summary>
    internal bool HasExecutors => Module is LayeredModule;

    /// <summary>Returns a network of the same architecture with the same weights.</summary>
    public Network Copy()
    {
        var copy = new Network(Architecture, Input, Classes, Normalization, build);
        if (Device.type != DeviceType.CPU) copy.Module.to(Device);
        copy.CopyFrom(State);
        if (frozenLayers.Count > 0) copy.FreezeLayers(frozenLayers);
        return copy;
    }

    /// <summary>Copies weights and buffers of the same keys and shapes.</summary>
    public void CopyFrom(IReadOnlyDictionary<string, Tensor> state)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (key, value) in State) value.copy_(state[key]);
    }

    /// <summary>The device of the weights.</summary>
    public Device Device => Module.parameters().FirstOrDefault()?.device ?? CPU;

    /// <inheritdoc/>
    public void Dispose()
    {
        Module.Dispose();
        oneDnnWorkaround?.Dispose();
    }

    /// <summary>The type of products if the network is computed layer by layer; null if its modules are called.</summary>
    internal ScalarType? ProductType(Precision precision) => precision switch
    {
        Precision.Exact => null,
        // Without oneDNN bfloat16 is a hundred times slower with rounded intermediate sums, and channels last gains nothing.
        _ when DisablesOneDnn => null,
        Precision.Fast => ScalarType.BFloat16,
        _ when !HasExecutors => null,
        _ => Device.type == DeviceType.CUDA || ComputeEnvironment.ProcessorHasBFloat16 ? ScalarType.BFloat16 : ScalarType.Float32,
    };

    private Tensor Forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Module.call(Normalization.Apply(images)).MoveToOuterDisposeScope();
    }

    internal Tensor Execute(Tensor images, ILayerExecutor layers)
    {
        if (Module is not LayeredModule layered) throw new InputException($"{Architecture} supports only precision exact");
        using var scope = NewDisposeScope();
        return layered.Execute(Normalization.Apply(images), layers).MoveToOuterDisposeScope();
    }
}
