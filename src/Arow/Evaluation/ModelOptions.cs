using Arow.Checkpoints;
using Arow.Data;
using Arow.Models;

namespace Arow.Evaluation;

/// <summary>Options of any model besides its file.</summary>
public abstract record ModelOptions
{
    /// <summary>The architecture's name; null to read it from the file.</summary>
    public string? Architecture { get; init; }

    /// <summary>The name of the state dict in a PyTorch checkpoint; null for the standard one.</summary>
    public string? Key { get; init; }

    /// <summary>Names of tensors of a state dict that the model does not need, where * stands for any characters; null for none.</summary>
    public IReadOnlyList<string>? IgnoreKeys { get; init; }

    /// <summary>The output of a TorchScript or ONNX model with several that is the logits; null to find it by its shape.</summary>
    public string? OutputName { get; init; }

    /// <summary>
    /// The mean that the model expects to be subtracted from pixels in [0, 1], a number or one for each channel; null to read it from the file.
    /// </summary>
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>The standard deviation that it expects pixels to be divided by; given with <see cref="Mean"/>.</summary>
    public IReadOnlyList<double>? Std { get; init; }

    /// <summary>Names of the model's outputs, in order; null to read them from the file, or else the order of the images' classes.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>cpu or cuda.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>The normalization that the model expects; null to read it from the file.</summary>
    public Normalization? Normalization
    {
        get => Mean is not null && Std is not null ? new Normalization(Mean, Std) : null;
        init => (Mean, Std) = (value?.Mean, value?.Std);
    }

    /// <summary>The source of the model for images.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">The images.</param>
    internal ModelSource CreateSource(string path, ImageSet images) => CreateSource(path, images, Architecture) with
    {
        Key = Key,
        OutputName = OutputName,
        IgnoreKeys = IgnoreKeys ?? [],
        Normalization = Normalization,
        OutputClassNames = ClassNames,
    };

    /// <summary>The source of a second model for images, all of which but the architecture is in its file.</summary>
    internal static ModelSource CreateSource(string path, ImageSet images, string? architecture) =>
        new(path, new InputShape(images.Channels, images.Height, images.Width), images.Classes.Count)
        {
            Architecture = architecture, Device = images.Device, ImageClassNames = images.Classes,
        };

    /// <summary>Returns the errors of the options, one a line.</summary>
    /// <param name="prefix">The prefix of option names.</param>
    public virtual IEnumerable<string> Validate(string prefix = "")
    {
        if (Mean is null != Std is null) yield return $"{prefix}mean and {prefix}std must be given together: the model's input is (pixel - mean) / std";
    }
}
