namespace Arow.Data;

/// <summary>
/// Batches with a fixed share of extra images (Carmon et al. 2019). The data set's own images are traversed round after round, each
/// in its own order; extra images are drawn with replacement. An epoch has as many batches as the data set alone would fill.
/// Everything depends only on seed and epoch, so that training can resume anywhere.
/// </summary>
/// <param name="own">The training images; disposed by their owner.</param>
/// <param name="extra">The extra images, on the same device; disposed by their owner.</param>
/// <param name="size">Images per batch.</param>
/// <param name="fraction">Share of extra images in [0, 1], rounded down to whole images.</param>
/// <param name="seed">The seed of the run.</param>
/// <param name="augmentation">Augmentation of the images.</param>
internal sealed class MixedBatches(
    ImageSet own, ImageSet extra, int size, double fraction, long seed, Augmentation augmentation) : IBatches
{
    /// <summary>Offset of the indices of extra images: no data set has so many images.</summary>
    private const long ExtraIndexOffset = 1L << 40;

    private readonly int extraPerBatch = (int)(size * fraction);

    public int Count => (own.Count + size - 1) / size;

    public int GetBatchSize(int batch) => size;

    public IEnumerable<Batch> Epoch(int epoch, int first = 0, int stride = 1)
    {
        using var drawn = DrawExtra(epoch);
        using var order = new ShuffledRounds(own.Count, seed, own.Device);
        var ownPerBatch = size - extraPerBatch;
        for (var i = first; i < Count; i += stride)
        {
            using var scope = NewDisposeScope();
            var rows = order.GetIndices(((long)epoch * Count + i) * ownPerBatch, ownPerBatch);
            var extraRows = drawn[(i * extraPerBatch)..((i + 1) * extraPerBatch)];
            var samples = cat([own.Indices.index_select(0, rows), extra.Indices.index_select(0, extraRows) + ExtraIndexOffset]);
            // An extra image may occur twice in an epoch and must be augmented differently.
            var noise = Noise.Keyed(seed, samples).Stream("augmentation").Stream((long)epoch * Count + i);
            var images = cat([own.Gather(rows), extra.Images.index_select(0, extraRows)]);
            var labels = cat([own.Labels.index_select(0, rows), extra.Labels.index_select(0, extraRows)]);
            var (x, y) = augmentation.Augment(images, labels, own.Classes.Count, noise);
            yield return new Batch(x, y, samples);
        }
    }

    private Tensor DrawExtra(int epoch)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)KeyedNoise.Mix(seed + KeyedNoise.Mix(ExtraIndexOffset + epoch)));
        return randint(0, extra.Count, [(long)Count * extraPerBatch], dtype: ScalarType.Int64, generator: generator)
            .to(own.Device).DetachFromDisposeScope();
    }

    /// <summary>An endless traversal of all images, round after round; seed and round determine the order.</summary>
    private sealed class ShuffledRounds(int count, long seed, Device device) : IDisposable
    {
        private Tensor? order;
        private long current = -1;

        /// <summary>Returns the indices, [length] int64, that follow after <paramref name="from"/> images.</summary>
        public Tensor GetIndices(long from, int length)
        {
            var parts = new List<Tensor> { empty(0, ScalarType.Int64, device) };
            while (length > 0)
            {
                var (at, round) = ((int)(from % count), from / count);
                var part = Math.Min(length, count - at);
                parts.Add(Shuffle(round)[at..(at + part)].clone());
                (from, length) = (from + part, length - part);
            }
            return cat(parts);
        }

        public void Dispose() => order?.Dispose();

        private Tensor Shuffle(long round)
        {
            if (round == current) return order!;
            order?.Dispose();
            using var generator = new Generator((ulong)KeyedNoise.Mix(seed + KeyedNoise.Mix(round)));
            (order, current) = (randperm(count, dtype: ScalarType.Int64, generator: generator).to(device).DetachFromDisposeScope(), round);
            return order;
        }
    }
}
