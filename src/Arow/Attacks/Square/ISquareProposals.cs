namespace Arow.Attacks;

/// <summary>The proposals of <see cref="Square"/> in a norm, always in the ball and the box.</summary>
internal interface ISquareProposals
{
    /// <summary>Returns the start of the search.</summary>
    /// <param name="x">[N, C, H, W], the originals.</param>
    /// <param name="noise">Randomness, with one row for each image.</param>
    Tensor Begin(Tensor x, Noise noise);

    /// <summary>Returns the next point to evaluate.</summary>
    /// <param name="x">[N, C, H, W], the originals.</param>
    /// <param name="best">[N, C, H, W], the best so far.</param>
    /// <param name="share">The share of the image that a square covers.</param>
    /// <param name="noise">Randomness, with one row for each image.</param>
    /// <param name="query">The query, from 0.</param>
    Tensor Propose(Tensor x, Tensor best, double share, Noise noise, long query);
}
