using Arow.Classes;
using Arow.Models;
using Arow.Models.Execution;

namespace Arow.Checkpoints;

/// <summary>A model of any origin, ready for evaluation.</summary>
/// <param name="f">The classifier in evaluation mode, including the normalization.</param>
/// <param name="owned">Objects to dispose with the model.</param>
public sealed class LoadedModel(Classifier f, params IReadOnlyList<IDisposable> owned) : IDisposable
{
    /// <summary>Maps images in [0, 1] to logits.</summary>
    public Classifier Classifier { get; } = f;

    /// <summary>
    /// An independent implementation of the same function, without gradients, which decides whether an image is misclassified: ONNX Runtime
    /// for ONNX models. Null for <see cref="Classifier"/> itself.
    /// </summary>
    public Classifier? Judge { get; init; }

    /// <summary>
    /// Creates an equivalent function for attacks that is faster, with the same precision except for the order of summation. Null if
    /// there is none.
    /// </summary>
    public Func<FrozenView>? CreateFastForm { get; init; }

    /// <summary>The architecture or the format: <c>small-cnn</c>, <c>torchscript</c>, <c>onnx</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The network, if the model is an architecture of the Catalog; disposed with the model. Null for TorchScript, ONNX and others.
    /// </summary>
    public Network? Network { get; init; }

    /// <summary>What attacks can access.</summary>
    public Access Access { get; init; } = Access.Gradients;

    /// <summary>Why there are no gradients, to follow "has no gradients: "; null if there are, or if the reason is the format.</summary>
    internal string? AccessReason { get; init; }

    /// <summary>Normalization of the pixels, as far as it is known.</summary>
    public Normalization Normalization { get; init; } = Normalization.None;

    /// <summary>Metadata of the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Mapping of outputs to classes of the images; null if these are not named.</summary>
    public ClassOrder? OutputOrder { get; private init; }

    /// <summary>What was chosen or ignored while loading, one sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The one of them that concerns attacks alone; null if there is none.</summary>
    internal string? AttackRemark { get; init; }

    /// <summary>Returns the same model with reordered outputs, which owns this one.</summary>
    /// <param name="order">Must have as many outputs as the model.</param>
    internal LoadedModel Reorder(ClassOrder order) => new(order.Apply(Classifier), this)
    {
        Judge = Judge is { } judge ? order.Apply(judge) : null,
        CreateFastForm = CreateFastForm is { } fold ? () => fold().Reordered(order) : null,
        Network = Network, Name = Name, Access = Access, AccessReason = AccessReason, Normalization = Normalization, Metadata = Metadata,
        OutputOrder = order,
        AttackRemark = AttackRemark,
        Remarks = order.Remark is { } remark ? [.. Remarks, remark] : Remarks,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in owned) one.Dispose();
    }
}
