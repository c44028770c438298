using Arow.Models;

namespace Arow.Evaluation;

/// <summary>What commands are told of anybody's model beside its file.</summary>
public abstract record ModelOptions
{
    /// <summary>The architecture's name; null to take the file's word.</summary>
    public string? Architecture { get; init; }

    /// <summary>Which state dict of a PyTorch checkpoint; null for the usual one.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// What the model expects to be subtracted from pixels in [0, 1], a number or one for each channel; null to take the file's word.
    /// </summary>
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>What it expects the rest to be divided by; given with <see cref="Mean"/>.</summary>
    public IReadOnlyList<double>? Std { get; init; }

    /// <summary>Names of the model's outputs, in order; null to take the file's word, or else the order of the images' classes.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>cpu or cuda.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>What the model expects to be done to pixels first; null to take the file's word.</summary>
    public Normalization? Normalization
    {
        get => Mean is not null && Std is not null ? new Normalization(Mean, Std) : null;
        init => (Mean, Std) = (value?.Mean, value?.Std);
    }

    /// <summary>Options that contradict each other, a line each.</summary>
    /// <param name="prefix">What stands before the name of an option.</param>
    public virtual IEnumerable<string> Validate(string prefix = "")
    {
        if (Mean is null != Std is null) yield return $"{prefix}mean and {prefix}std go together: the model sees (pixel - mean) / std";
    }
}
