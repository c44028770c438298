using Arow.Models;

namespace Arow.Checkpoints;

/// <summary>A model that is to be evaluated: its file, and the images it is to be evaluated on.</summary>
/// <param name="Path">The file.</param>
/// <param name="Input">The images.</param>
/// <param name="Classes">How many classes they have.</param>
public sealed record ModelSource(string Path, InputShape Input, int Classes)
{
    /// <summary>The architecture's name in the Catalog, where the file does not say it.</summary>
    public string? Architecture { get; init; }

    /// <summary>Which of several state dicts of a PyTorch checkpoint, as messages name them: <c>ema</c>, <c>model.net</c>.</summary>
    public string? Key { get; init; }

    /// <summary>What is done to pixels first; null to take the file's word.</summary>
    public Normalization? Normalization { get; init; }

    /// <summary>Where it is to run; the CPU for null.</summary>
    public Device? Device { get; init; }

    /// <summary>
    /// Opens the model once in a process of its own before this one does, and throws what came of it: libraries that read
    /// TorchScript or ONNX can end the process on a file that is made for it. None for null.
    /// </summary>
    public Action<ModelSource>? Trial { get; init; }

    /// <summary>What opens ONNX files, such as <c>OnnxModel.Open</c> of the package Arow.Onnx; without it they are refused.</summary>
    public Func<ModelSource, LoadedModel>? Onnx { get; init; }
}
