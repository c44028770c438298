namespace Arow.Data;

/// <summary>A batch, as training sees it.</summary>
/// <param name="Images">[N, C, H, W], float32 in [0, 1].</param>
/// <param name="Labels">[N], int64; [N, K] float32, the probabilities of the classes, where images are mixed.</param>
/// <param name="Samples">[N], int64: which images of the whole set they are.</param>
public sealed record Batch(Tensor Images, Tensor Labels, Tensor Samples);

/// <summary>What training goes through.</summary>
public interface IBatches
{
    /// <summary>Batches in an epoch.</summary>
    int Count { get; }

    /// <summary>Images in a batch, which is the same in every epoch.</summary>
    /// <param name="batch">From 0.</param>
    int SizeOf(int batch);

    /// <summary>The batches of an epoch, each in a dispose scope of its own that ends when the next is asked for.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="first">The batch to begin with.</param>
    IEnumerable<Batch> Epoch(int epoch, int first = 0);
}
