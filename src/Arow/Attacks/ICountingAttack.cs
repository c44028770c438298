namespace Arow.Attacks;

/// <summary>An attack that also counts for how many steps each sample is correctly classified.</summary>
public interface ICountingAttack : IAttack
{
    /// <summary>The number of steps, which is the largest possible count.</summary>
    int Steps { get; }

    /// <summary>
    /// Returns the images of <see cref="IAttack.Perturb"/> and κ of each ([N], int64): the number of points that it stepped
    /// from and that were correctly classified. The start counts, the last image does not.
    /// </summary>
    /// <param name="f">The classifier, in evaluation mode.</param>
    /// <param name="x">[N, C, H, W], pixels in [0, 1].</param>
    /// <param name="y">[N], int64, true classes.</param>
    /// <param name="noise">The source of all randomness, with one row for each image.</param>
    (Tensor XAdv, Tensor Withstood) PerturbAndCount(Classifier f, Tensor x, Tensor y, Noise noise);
}
