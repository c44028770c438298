namespace Arow.Data;

/// <summary>
/// Batches of each epoch. Their order depends only on seed and epoch, the augmentation of an image only on seed, epoch and image, so
/// that training can resume at any batch of an epoch.
/// </summary>
/// <param name="images">The training images; disposed by their owner.</param>
/// <param name="size">Images per batch. The last batch of an epoch may have fewer, or more: see <paramref name="minimumSize"/>.</param>
/// <param name="seed">The seed of the run.</param>
/// <param name="augmentation">Augmentation of the images.</param>
/// <param name="minimumSize">Smallest size of a batch. A smaller remainder is joined to the batch before it.</param>
internal sealed class Batches(ImageSet images, int size, long seed, Augmentation augmentation, int minimumSize = 1) : IBatches
{
    public int Count => Math.Max(1, images.Count / size + (images.Count % size >= minimumSize ? 1 : 0));

    public int GetBatchSize(int batch) => batch == Count - 1 ? images.Count - batch * size : size;

    public IEnumerable<Batch> Epoch(int epoch, int first = 0, int stride = 1)
    {
        using var order = Order(epoch);
        for (var i = first; i < Count; i += stride)
        {
            using var scope = NewDisposeScope();
            var rows = order[(i * size)..(i * size + GetBatchSize(i))];
            var samples = images.Indices.index_select(0, rows);
            var noise = Noise.Keyed(seed, samples).Stream("augmentation").Stream(epoch);
            var (x, y) = augmentation.Augment(images.Gather(rows), images.Labels.index_select(0, rows), images.Classes.Count, noise);
            yield return new Batch(x, y, samples);
        }
    }

    private Tensor Order(int epoch)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)KeyedNoise.Mix(seed + KeyedNoise.Mix(epoch)));
        // Outside every scope: the caller's scope may end before the epoch does.
        return randperm(images.Count, dtype: ScalarType.Int64, generator: generator)
            .to(images.Device).DetachFromDisposeScope();
    }
}
