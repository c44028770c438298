namespace Arow.Attacks;

/// <summary>An attack that also tells how long each sample withstood it.</summary>
public interface ICountingAttack : IAttack
{
    /// <summary>Its number of steps, the largest count there can be.</summary>
    int Steps { get; }

    /// <summary>
    /// The images of <see cref="IAttack.Perturb"/>, and κ of each ([N], int64): how many of the points that it stepped
    /// from were classified rightly. The start counts, the last image does not.
    /// </summary>
    /// <param name="f">The classifier, in evaluation mode.</param>
    /// <param name="x">[N, C, H, W], pixels in [0, 1].</param>
    /// <param name="y">[N], int64, true classes.</param>
    /// <param name="noise">All its randomness, with one row for each image.</param>
    (Tensor XAdv, Tensor Withstood) Count(Classifier f, Tensor x, Tensor y, Noise noise);
}
