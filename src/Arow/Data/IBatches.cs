namespace Arow.Data;

/// <summary>A training batch.</summary>
/// <param name="Images">[N, C, H, W], float32 in [0, 1].</param>
/// <param name="Labels">[N], int64; class probabilities [N, K], float32, if images are mixed.</param>
/// <param name="Samples">[N], int64: indices of the images in the whole set.</param>
internal sealed record Batch(Tensor Images, Tensor Labels, Tensor Samples);

/// <summary>Batches of training images.</summary>
internal interface IBatches
{
    /// <summary>Batches per epoch.</summary>
    int Count { get; }

    /// <summary>Returns the number of images in a batch; it is the same in every epoch.</summary>
    /// <param name="batch">Index of the batch, from 0.</param>
    int GetBatchSize(int batch);

    /// <summary>Enumerates the batches of an epoch. Each has its own dispose scope, which ends when the next batch is requested.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="first">Index of the first batch.</param>
    /// <param name="stride">The distance of one batch to the next: 1 for all.</param>
    IEnumerable<Batch> Epoch(int epoch, int first = 0, int stride = 1);
}
