using Arow.Checkpoints;
using Arow.Models;

namespace Arow.Inference;

/// <summary>Options of a <see cref="Predictor"/>. Files written by Arow need none.</summary>
public sealed record PredictorOptions
{
    /// <summary>Images per batch, at least 1.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Number of classes per prediction, at least 1.</summary>
    public int Top { get; init; } = 5;

    /// <summary>Predictions with lower confidence abstain; in [0, 1].</summary>
    public double AbstainBelow { get; init; }

    /// <summary>Threat model of the attack on each prediction; null for no attack.</summary>
    public ThreatModel? AttackThreatModel { get; init; }

    /// <summary>Name of the architecture in the Catalog, if the file does not contain it.</summary>
    public string? Architecture { get; init; }

    /// <summary>Image shape of the model, if the file does not contain it.</summary>
    public InputShape? Input { get; init; }

    /// <summary>Names of the model's outputs, in order; null to use those of the file.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Number of outputs, if neither the file nor names determine it.</summary>
    public int? ClassCount { get; init; }

    /// <summary>Name of one of several state dicts of a PyTorch checkpoint.</summary>
    public string? Key { get; init; }

    /// <summary>Names of tensors of a state dict that the model does not need, where <c>*</c> stands for any characters.</summary>
    public IReadOnlyList<string> IgnoreKeys { get; init; } = [];

    /// <summary>Name of one of several outputs of the model; null to find the logits by their shape.</summary>
    public string? OutputName { get; init; }

    /// <summary>Normalization of the pixels; null to use that of the file.</summary>
    public Normalization? Normalization { get; init; }

    /// <summary>Device of the model; null for the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>
    /// Opens the model: by default <see cref="ModelFile.Open"/>; for example a function that reads ONNX with the package Arow.Onnx.
    /// </summary>
    public Func<ModelSource, LoadedModel> Open { get; init; } = ModelFile.Open;
}
