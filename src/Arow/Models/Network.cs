using TorchSharp.Modules;

namespace Arow.Models;

/// <summary>
/// A network that can be trained, saved and attacked: an architecture of the Catalog with its weights, the images it
/// takes and what it does to their pixels. Attacks and objectives get functions from here and nothing more.
/// </summary>
public sealed class Network : IDisposable
{
    private readonly Func<nn.Module<Tensor, Tensor>> build;
    private readonly IDisposable? plainConvolutions;
    private IReadOnlyList<string> heldFixed = [];

    /// <summary>Builds a network of the Catalog's or of your own.</summary>
    /// <param name="architecture">Its name.</param>
    /// <param name="input">The images it takes.</param>
    /// <param name="classes">How many logits it gives.</param>
    /// <param name="normalization">What is done to pixels before the module sees them.</param>
    /// <param name="build">
    /// Makes the module, from normalised images to logits, whose keys are those of the weights on disk. Called here, and
    /// again for every copy; never inside a dispose scope, where a module's own parameters would not outlive it.
    /// </param>
    public Network(
        string architecture, InputShape input, int classes, Normalization normalization,
        Func<nn.Module<Tensor, Tensor>> build)
    {
        (Architecture, Input, Classes, Normalization) = (architecture, input, classes, normalization);
        (this.build, Module) = (build, build());
        // The Catalog's architectures know what to do with kernels of one pixel.
        plainConvolutions = PlainConvolutions.UseWhereNeeded(Module.parameters().Where(p => !(CanBeFrozen && p.dim() == 4 && PlainConvolutions.DividesByZero(p))));
    }

    /// <summary>The name in the Catalog.</summary>
    public string Architecture { get; }

    /// <summary>The images it takes.</summary>
    public InputShape Input { get; }

    /// <summary>How many logits it gives.</summary>
    public int Classes { get; }

    /// <summary>What is done to pixels before the module sees them.</summary>
    public Normalization Normalization { get; internal set; }

    /// <summary>From normalised images to logits.</summary>
    public nn.Module<Tensor, Tensor> Module { get; }

    /// <summary>The trainable tensors by key, in the module's order: without those that are held fixed.</summary>
    public IReadOnlyList<(string Name, Parameter Value)> Parameters =>
        [.. Module.named_parameters().Where(p => !IsFixed(p.name)).Select(p => (p.name, (Parameter)p.parameter))];

    /// <summary>The key of the last linear layer; null of a network that is not of the Catalog.</summary>
    public string? HeadName
    {
        get
        {
            if (Module is not ILayered layered) return null;
            using var scope = NewDisposeScope();
            var finder = new HeadFinder();
            layered.Run(empty(0, device: CPU), finder);
            return Module.named_modules().Single(m => ReferenceEquals(m.module, finder.Head)).name;
        }
    }

    /// <summary>
    /// Holds layers fixed: their weights are no parameters any more, and their batch norms are computed as in evaluation, so that nothing of them
    /// changes while the rest is trained.
    /// </summary>
    /// <param name="layers">Keys of layers or of groups of them: <c>conv1</c>, <c>layer1</c>.</param>
    /// <exception cref="InputException">The network has no such layer, or nothing is left to be trained.</exception>
    public void HoldFixed(IReadOnlyList<string> layers)
    {
        var names = Module.named_modules().Select(m => m.name).ToHashSet();
        if (layers.FirstOrDefault(layer => !names.Contains(layer)) is { } unknown)
            throw new InputException($"{Architecture} has no layer '{unknown}'; it has {string.Join(' ', LayerNames)}");
        heldFixed = layers;
        if (Parameters.Count == 0) throw new InputException($"all layers of {Architecture} are held fixed: nothing is left to be trained");
        foreach (var (name, parameter) in Module.named_parameters()) parameter.requires_grad = !IsFixed(name);
    }

    /// <summary>The outermost layers and groups of layers, in the module's order.</summary>
    public IReadOnlyList<string> LayerNames => [.. Module.named_children().Select(c => c.name)];

    /// <summary>Whether a tensor or a layer, by its key, is held fixed.</summary>
    internal bool IsFixed(string key) => heldFixed.Any(layer => key == layer || key.StartsWith($"{layer}.", StringComparison.Ordinal));

    /// <summary>Parameters and buffers by key; the tensors themselves, not copies.</summary>
    public IReadOnlyDictionary<string, Tensor> State => Module.state_dict();

    /// <summary>A network with fresh weights, which the seed decides.</summary>
    /// <param name="architecture">Its name in the Catalog.</param>
    /// <param name="input">The images it takes.</param>
    /// <param name="classes">How many logits it gives.</param>
    /// <param name="normalization">What is done to pixels before the module sees them.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="dropout">The rate of its dropout while training, in [0, 1); null for the architecture's own.</param>
    /// <exception cref="InputException">The architecture is unknown, or does not take such images.</exception>
    public static Network Create(
        string architecture, InputShape input, int classes, Normalization normalization, long seed, double? dropout = null)
    {
        var found = Architectures.Find(architecture);
        using var preserved = TorchGenerators.Preserve();
        TorchGenerators.Seed(seed, CPU);
        return new Network(architecture, input, classes, normalization, Build);

        nn.Module<Tensor, Tensor> Build()
        {
            var module = found.Build(input, classes);
            foreach (var layer in module.modules().OfType<Dropout>()) layer.p = dropout ?? layer.p;
            return module;
        }
    }

    /// <summary>The network as training sees it: dropout on, batch norm by the batch and learning its statistics.</summary>
    /// <param name="precision">Of its products; gradients arrive at the float32 weights in any.</param>
    public Classifier ForTraining(Precision precision = Precision.Exact)
    {
        Module.train();
        if (heldFixed.Count > 0)
        {
            foreach (var (_, module) in Module.named_modules().Where(m => IsFixed(m.name))) module.eval();
        }
        CudaMath.KeepFloat32(Device);
        return precision.Products(this) is { } type ? images => Run(images, new TrainedLayers(type)) : Forward;
    }

    /// <summary>The network as it is used and attacked: every image by itself, nothing changes.</summary>
    public Classifier ForEvaluation()
    {
        Module.eval();
        CudaMath.KeepFloat32(Device);
        return Forward;
    }

    /// <summary>The network as it is attacked while its weights stand still: see <see cref="FrozenView"/>.</summary>
    /// <param name="precision">Of its products.</param>
    public FrozenView Freeze(Precision precision)
    {
        var exact = ForEvaluation();
        return precision.Products(this) is { } type ? new FrozenView(Run, new FrozenLayers(type)) : new FrozenView(exact);
    }

    /// <summary>The network as an evaluation attacks it: from folded copies of the weights, in float32 as the network itself. Only for architectures of the Catalog.</summary>
    public FrozenView Fold()
    {
        Module.eval();
        return new FrozenView(Run, new FrozenLayers(ScalarType.Float32));
    }

    /// <summary>
    /// The fewest images that it can be trained on at a time: of one image, a batch norm that sees features of one pixel has one
    /// value a channel, which has no variance.
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
    /// Whether it has layers that oneDNN gets wrong: this process then computes all convolutions without oneDNN, which takes longer, until the network is
    /// disposed of.
    /// </summary>
    public bool UsesPlainConvolutions => plainConvolutions is not null;

    /// <summary>Whether the layers of its architecture can be computed otherwise than by its modules.</summary>
    internal bool CanBeFrozen => Module is ILayered;

    /// <summary>A network of the same kind with the same weights.</summary>
    public Network Copy()
    {
        var copy = new Network(Architecture, Input, Classes, Normalization, build);
        if (Device.type != DeviceType.CPU) copy.Module.to(Device);
        copy.CopyFrom(State);
        if (heldFixed.Count > 0) copy.HoldFixed(heldFixed);
        return copy;
    }

    /// <summary>Takes over weights and buffers of the same keys and shapes.</summary>
    public void CopyFrom(IReadOnlyDictionary<string, Tensor> state)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (key, value) in State) value.copy_(state[key]);
    }

    /// <summary>Where the weights are.</summary>
    public Device Device => Module.parameters().FirstOrDefault()?.device ?? CPU;

    /// <inheritdoc/>
    public void Dispose()
    {
        Module.Dispose();
        plainConvolutions?.Dispose();
    }

    private Tensor Forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Module.call(Normalization.Apply(images)).MoveToOuterDisposeScope();
    }

    internal Tensor Run(Tensor images, ILayers layers)
    {
        if (Module is not ILayered layered) throw new InputException($"{Architecture} has no fast form: precision exact is the only one");
        using var scope = NewDisposeScope();
        return layered.Run(Normalization.Apply(images), layers).MoveToOuterDisposeScope();
    }
}
