namespace Arow.Data;

/// <summary>
/// The batches of each epoch. Their order depends on seed and epoch alone, and the augmentation of an image on seed, epoch
/// and image, so that training can begin anywhere in an epoch and see what it would have seen.
/// </summary>
/// <param name="images">The training images; disposed by their owner.</param>
/// <param name="size">Images in a batch; the last one of an epoch may have fewer, or some more: see <paramref name="least"/>.</param>
/// <param name="seed">The seed of the run.</param>
/// <param name="augmentation">How images are varied.</param>
/// <param name="least">Images that a batch has at least: a last one of fewer is joined to the one before it.</param>
public sealed class Batches(ImageSet images, int size, long seed, Augmentation augmentation, int least = 1) : IBatches
{
    /// <inheritdoc/>
    public int Count => Math.Max(1, images.Count / size + (images.Count % size >= least ? 1 : 0));

    /// <inheritdoc/>
    public int SizeOf(int batch) => batch == Count - 1 ? images.Count - batch * size : size;

    /// <inheritdoc/>
    public IEnumerable<Batch> Epoch(int epoch, int first = 0)
    {
        using var order = Order(epoch);
        for (var i = first; i < Count; i++)
        {
            using var scope = NewDisposeScope();
            var rows = order[(i * size)..(i * size + SizeOf(i))];
            var samples = images.Indices.index_select(0, rows);
            var noise = Noise.Keyed(seed, samples).Stream("augmentation").Stream(epoch);
            var (x, y) = augmentation.Vary(images.Images.index_select(0, rows), images.Labels.index_select(0, rows), images.Classes.Count, noise);
            yield return new Batch(x, y, samples);
        }
    }

    private Tensor Order(int epoch)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)KeyedNoise.Mix(seed + KeyedNoise.Mix(epoch)));
        // Outside of every scope: the caller's may end while the epoch goes on.
        return randperm(images.Count, dtype: ScalarType.Int64, generator: generator)
            .to(images.Images.device).DetachFromDisposeScope();
    }
}
