namespace Arow.Attacks;

/// <summary>What <see cref="Square"/> tries in a norm: always in the ball and the box.</summary>
internal interface ISquareMoves
{
    /// <summary>Where the search begins.</summary>
    /// <param name="x">[N, C, H, W], the originals.</param>
    /// <param name="noise">With a row for each.</param>
    Tensor Begin(Tensor x, Noise noise);

    /// <summary>The next point to try.</summary>
    /// <param name="x">[N, C, H, W], the originals.</param>
    /// <param name="best">[N, C, H, W], the best so far.</param>
    /// <param name="share">The share of the image that a square is to cover.</param>
    /// <param name="noise">With a row for each.</param>
    /// <param name="query">Counts from 0.</param>
    Tensor Propose(Tensor x, Tensor best, double share, Noise noise, long query);
}
