using System.Globalization;

namespace Arow.Models;

/// <summary>
/// What a network does to pixels first: (x − mean) / std, a number for each channel or one for all. It belongs to the
/// network, so that ε always counts on pixels in [0, 1]. The ARoW paper's networks use <see cref="None"/>.
/// </summary>
/// <param name="Mean">Subtracted.</param>
/// <param name="Std">Divided by; each above 0.</param>
public sealed record Normalization(IReadOnlyList<double> Mean, IReadOnlyList<double> Std)
{
    /// <summary>The network sees the pixels as they are.</summary>
    public static readonly Normalization None = new([0], [1]);

    /// <summary>Whether it changes nothing.</summary>
    public bool IsIdentity => Mean.All(m => m == 0) && Std.All(s => s == 1);

    /// <summary>What is wrong with it for images of so many channels; null if nothing is.</summary>
    public string? Fault(int channels)
    {
        foreach (var (name, values) in new[] { ("mean", Mean), ("std", Std) })
        {
            if (values.Count != 1 && values.Count != channels) return $"a {name} of {values.Count} numbers for images of {channels} channels";
            if (!values.All(double.IsFinite)) return $"a {name} that is no number";
        }
        return Std.All(s => s > 0) ? null : "a std that is not above 0";
    }

    /// <summary>Mean or deviation as files and messages have it: "0.5 0.25", each number as short as brings it back.</summary>
    public static string Text(IEnumerable<double> values) => string.Join(' ', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>The images as the network proper sees them.</summary>
    public Tensor Apply(Tensor images)
    {
        if (IsIdentity) return images.alias();
        using var scope = NewDisposeScope();
        return ((images - PerChannel(Mean, images)) / PerChannel(Std, images)).MoveToOuterDisposeScope();
    }

    private static Tensor PerChannel(IReadOnlyList<double> values, Tensor like) =>
        Constant.Of(values, like.dtype, like.device).reshape(1, -1, 1, 1);
}
