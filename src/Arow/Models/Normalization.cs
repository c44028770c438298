using System.Globalization;

namespace Arow.Models;

/// <summary>
/// The normalization of pixels at the network's input: (x − mean) / std, with one number for each channel or one for all.
/// It belongs to the network, so that ε always refers to pixels in [0, 1]. The ARoW paper's networks use <see cref="None"/>.
/// </summary>
/// <param name="Mean">The means.</param>
/// <param name="Std">The standard deviations; each above 0.</param>
public sealed record Normalization(IReadOnlyList<double> Mean, IReadOnlyList<double> Std)
{
    /// <summary>No normalization.</summary>
    public static readonly Normalization None = new([0], [1]);

    /// <summary>Whether it has no effect.</summary>
    public bool IsIdentity => Mean.All(m => m == 0) && Std.All(s => s == 1);

    /// <summary>Returns an error message if the values are invalid for images of a number of channels; null otherwise.</summary>
    public string? Validate(int channels)
    {
        foreach (var (name, values) in new[] { ("mean", Mean), ("std", Std) })
        {
            if (values.Count != 1 && values.Count != channels) return $"a {name} of {values.Count} numbers for images of {channels} channels";
            if (!values.All(double.IsFinite)) return $"a {name} that is not finite";
        }
        return Std.All(s => s > 0) ? null : "a std that is not positive";
    }

    /// <summary>Formats means or deviations for files and messages: "0.5 0.25", each as the shortest text that round-trips.</summary>
    public static string Format(IEnumerable<double> values) => string.Join(' ', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>Normalises images.</summary>
    public Tensor Apply(Tensor images)
    {
        if (IsIdentity) return images.alias();
        using var scope = NewDisposeScope();
        return ((images - PerChannel(Mean, images)) / PerChannel(Std, images)).MoveToOuterDisposeScope();
    }

    private static Tensor PerChannel(IReadOnlyList<double> values, Tensor like) =>
        Constant.Create(values, like.dtype, like.device).reshape(1, -1, 1, 1);
}
