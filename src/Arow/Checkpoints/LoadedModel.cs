using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>Anybody's model, ready to be measured, whatever it was kept in.</summary>
/// <param name="f">In evaluation mode; normalisation is inside.</param>
/// <param name="owned">Disposed with this.</param>
public sealed class LoadedModel(Classifier f, params IReadOnlyList<IDisposable> owned) : IDisposable
{
    /// <summary>Images in [0, 1] to scores.</summary>
    public Classifier Classifier { get; } = f;

    /// <summary>
    /// Makes the same function in a form that is computed faster, in the same precision but for the order of sums: for
    /// attacks to look at. Null where there is none.
    /// </summary>
    public Func<FrozenView>? Fold { get; init; }

    /// <summary>The architecture, or what the file is: <c>small-cnn</c>, <c>torchscript</c>, <c>onnx</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The network itself, where the model is an architecture of the Catalog: disposed with this. Null for TorchScript, ONNX and the like.</summary>
    public Network? Network { get; init; }

    /// <summary>What attacks get to see of it.</summary>
    public Access Access { get; init; } = Access.Gradients;

    /// <summary>What it does to pixels first, as far as that is known from outside.</summary>
    public Normalization Normalization { get; init; } = Normalization.None;

    /// <summary>The file's own notes.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();

    /// <summary>Which output stands for which class of the images; null where nobody has named these.</summary>
    public ClassOrder? Order { get; private init; }

    /// <summary>What was chosen or passed over on the way, a sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The same model with its outputs in another order; this one is disposed with it.</summary>
    /// <param name="order">As many outputs as the model has.</param>
    internal LoadedModel In(ClassOrder order) => new(order.Apply(Classifier), this)
    {
        Fold = Fold is { } fold ? () => fold().In(order) : null,
        Network = Network, Name = Name, Access = Access, Normalization = Normalization, Notes = Notes, Order = order,
        Remarks = order.Remark is { } remark ? [.. Remarks, remark] : Remarks,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in owned) one.Dispose();
    }
}
