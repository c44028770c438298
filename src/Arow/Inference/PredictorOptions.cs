using Arow.Checkpoints;
using Arow.Models;

namespace Arow.Inference;

/// <summary>How a model is used. Files that Arow wrote need none of it.</summary>
public sealed record PredictorOptions
{
    /// <summary>Images that go through the model at a time, at least 1.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>How many of the most probable classes a prediction lists, at least 1.</summary>
    public int Top { get; init; } = 5;

    /// <summary>Predictions of lower confidence abstain; in [0, 1].</summary>
    public double AbstainBelow { get; init; }

    /// <summary>Perturbations with which each answer is attacked; null for none.</summary>
    public ThreatModel? Withstands { get; init; }

    /// <summary>The architecture's name in the Catalog, where the file does not say it.</summary>
    public string? Architecture { get; init; }

    /// <summary>The images that the model takes, where the file does not say it.</summary>
    public InputShape? Input { get; init; }

    /// <summary>Names of the model's outputs, in order; null to take the file's word.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>How many outputs the model has, where neither the file nor names say it.</summary>
    public int? ClassCount { get; init; }

    /// <summary>Which of several state dicts of a PyTorch checkpoint.</summary>
    public string? Key { get; init; }

    /// <summary>What is done to pixels first; null to take the file's word.</summary>
    public Normalization? Normalization { get; init; }

    /// <summary>Where the model runs; null for the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>Opens the model; <see cref="ModelFile.Open"/> unless another is given, such as one that reads ONNX with the package Arow.Onnx.</summary>
    public Func<ModelSource, LoadedModel> Open { get; init; } = ModelFile.Open;
}
