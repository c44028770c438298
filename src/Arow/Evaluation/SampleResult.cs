using System.Globalization;

namespace Arow.Evaluation;

/// <summary>The result of an image in an evaluation: a row of <c>rows.tsv</c>.</summary>
/// <param name="Index">The image's index in the whole test set, by which two evaluations are paired.</param>
/// <param name="Label">Its class.</param>
/// <param name="Clean">The class predicted for the image itself.</param>
/// <param name="Adversarial">The class predicted for the adversarial image; the clean one if none was found.</param>
/// <param name="BrokenBy">The attack that found it; <c>clean</c> if the image itself is misclassified; null if robust.</param>
/// <param name="Margin">z_y − max_{k ≠ y} z_k at the adversarial image, or at the worst image if none was found.</param>
/// <param name="Norm">Size of that image's perturbation, measured in float64.</param>
public sealed record SampleResult(
    long Index, long Label, long Clean, long Adversarial, string? BrokenBy, double Margin, double Norm)
{
    /// <summary>The first line of <c>rows.tsv</c>.</summary>
    public const string Header = "index\tlabel\tclean\tadversarial\trobust\tbroken_by\tmargin\tnorm";

    /// <summary>The number of its columns.</summary>
    internal const int Columns = 8;

    /// <summary>The value of the column broken_by for robust images.</summary>
    private const string Nothing = "-";

    /// <summary>Whether the prediction is correct without and under every attack.</summary>
    public bool Robust => BrokenBy is null;

    /// <summary>Formats the row, tab-separated.</summary>
    public string ToLine() => string.Create(CultureInfo.InvariantCulture,
        $"{Index}\t{Label}\t{Clean}\t{Adversarial}\t{(Robust ? 1 : 0)}\t{BrokenBy ?? Nothing}\t{Margin:R}\t{Norm:R}");

    /// <summary>Parses the output of <see cref="ToLine"/>; null if the line is invalid.</summary>
    public static SampleResult? Parse(string line)
    {
        var cells = line.Split('\t');
        var culture = CultureInfo.InvariantCulture;
        return cells.Length == Columns
            && long.TryParse(cells[0], culture, out var index) && long.TryParse(cells[1], culture, out var label)
            && long.TryParse(cells[2], culture, out var clean) && long.TryParse(cells[3], culture, out var adversarial)
            && double.TryParse(cells[6], culture, out var margin) && double.TryParse(cells[7], culture, out var norm)
            && cells[4] == (cells[5] == Nothing ? "1" : "0")
            ? new SampleResult(index, label, clean, adversarial, cells[5] == Nothing ? null : cells[5], margin, norm)
            : null;
    }
}
