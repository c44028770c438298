using System.Globalization;

namespace Arow.Analysis;

/// <summary>
/// The result of an attack on one image: a row of <c>rows.tsv</c>. p and q are the softmax of the logits at the image and at
/// its adversarial image x'; y is its class.
/// </summary>
/// <param name="Index">The index of the image in the split, by which two models are paired.</param>
/// <param name="Label">y.</param>
/// <param name="Clean">F(x), the prediction for the image itself.</param>
/// <param name="P">p_y, in [0, 1].</param>
/// <param name="Adversarial">F(x'), for the x' of the attack away from y.</param>
/// <param name="Q">q_y, in [0, 1]: the robustness of the image.</param>
/// <param name="Kl">KL(p ‖ q), in nats.</param>
/// <param name="Norm">Norm of x' − x, computed in float64.</param>
/// <param name="Flipped">
/// F(z), for the z of the attack away from F(x): x' itself if the image is correctly classified, another point of the ball
/// otherwise.
/// </param>
/// <param name="FlippedQ">q_y at z, in [0, 1].</param>
internal sealed record AttackedImage(
    long Index, long Label, long Clean, double P, long Adversarial, double Q, double Kl, double Norm, long Flipped, double FlippedQ)
{
    /// <summary>The columns of <see cref="ToLine"/>.</summary>
    public const string Header = "index\tlabel\tgroup\tq_y\tclean\tp_y\tadversarial\tkl\tnorm\trobust\tflipped\tflipped_q_y";

    /// <summary>Whether the image is correctly classified without an attack.</summary>
    public bool IsCorrect => Clean == Label;

    /// <summary>Whether the image is correctly classified without an attack and at x'.</summary>
    public bool Robust => IsCorrect && Adversarial == Label;

    /// <summary>The prediction in the worst case found: the clean prediction if it is wrong, the adversarial one otherwise.</summary>
    public long Worst => IsCorrect ? Adversarial : Clean;

    /// <summary>The robustness group.</summary>
    public RobustnessGroup Group => RobustnessGroups.FromProbability(Q);

    /// <summary>Formats the row, tab-separated.</summary>
    public string ToLine() => string.Create(CultureInfo.InvariantCulture,
        $"{Index}\t{Label}\t{RobustnessGroups.Key(Group)}\t{Q:R}\t{Clean}\t{P:R}\t{Adversarial}\t{Kl:R}\t{Norm:R}\t"
        + $"{(Robust ? 1 : 0)}\t{Flipped}\t{FlippedQ:R}");

    /// <summary>Parses a line of <see cref="ToLine"/>; null if it is invalid.</summary>
    public static AttackedImage? Parse(string line)
    {
        var cells = line.Split('\t');
        var culture = CultureInfo.InvariantCulture;
        return cells.Length == 12
            && long.TryParse(cells[0], culture, out var index) && long.TryParse(cells[1], culture, out var label)
            && double.TryParse(cells[3], culture, out var q) && long.TryParse(cells[4], culture, out var clean)
            && double.TryParse(cells[5], culture, out var p) && long.TryParse(cells[6], culture, out var adversarial)
            && double.TryParse(cells[7], culture, out var kl) && double.TryParse(cells[8], culture, out var norm)
            && long.TryParse(cells[10], culture, out var flipped) && double.TryParse(cells[11], culture, out var flippedQ)
            && new AttackedImage(index, label, clean, p, adversarial, q, kl, norm, flipped, flippedQ) is var image && image.ToLine() == line
            ? image
            : null;
    }
}
