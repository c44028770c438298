namespace Arow.Data;

/// <summary>Which half of a data set.</summary>
public enum Split
{
    /// <summary>To learn from.</summary>
    Train,

    /// <summary>To be measured on, never to choose by.</summary>
    Test,
}

/// <summary>Images and their classes, whole in memory, a byte a pixel and channel.</summary>
public sealed class ImageSet : IDisposable
{
    /// <summary>Takes over the tensors and disposes them in the end.</summary>
    /// <param name="name">The data set's name in the Catalog.</param>
    /// <param name="images">[N, C, H, W], uint8.</param>
    /// <param name="labels">[N], int64, from 0.</param>
    /// <param name="classes">Names of the classes; every label has one.</param>
    public ImageSet(string name, Tensor images, Tensor labels, IReadOnlyList<string> classes)
        : this(name, images, labels, arange(labels.shape[0], dtype: ScalarType.Int64, device: labels.device), classes)
    {
    }

    /// <summary>Some of a set: <paramref name="indices"/> are their places in the whole of it.</summary>
    internal ImageSet(string name, Tensor images, Tensor labels, Tensor indices, IReadOnlyList<string> classes)
    {
        Name = name;
        Images = images.DetachFromDisposeScope();
        Labels = labels.DetachFromDisposeScope();
        Indices = indices.DetachFromDisposeScope();
        Classes = classes;
    }

    /// <summary>The data set's name in the Catalog.</summary>
    public string Name { get; }

    /// <summary>[N, C, H, W], uint8.</summary>
    public Tensor Images { get; }

    /// <summary>[N], int64.</summary>
    public Tensor Labels { get; }

    /// <summary>[N], int64: the place of each image in the whole set as it was loaded.</summary>
    public Tensor Indices { get; }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Where the images were read from; null where there is no more to say than their numbers.</summary>
    internal ImageOrigin? Origin { get; init; }

    /// <summary>Number of images.</summary>
    public int Count => (int)Images.shape[0];

    /// <summary>1 for grey, 3 for colour.</summary>
    public int Channels => (int)Images.shape[1];

    /// <summary>In pixels.</summary>
    public int Height => (int)Images.shape[2];

    /// <summary>In pixels.</summary>
    public int Width => (int)Images.shape[3];

    /// <summary>Bytes as pixels in [0, 1], float32.</summary>
    public static Tensor Pixels(Tensor images) => images.to(ScalarType.Float32).div_(255f);

    /// <summary>A new set of some of the images.</summary>
    /// <param name="rows">[M], int64, places in this set.</param>
    public ImageSet Take(Tensor rows) => new(
        Name, Images.index_select(0, rows), Labels.index_select(0, rows), Indices.index_select(0, rows), Classes)
    {
        Origin = Origin,
    };

    /// <summary>A new set of <paramref name="count"/> images drawn by the seed, in their order; all of them for null.</summary>
    public ImageSet Limit(int? count, long seed)
    {
        using var scope = NewDisposeScope();
        return Take(Drawn(count, Count, seed).to(Images.device));
    }

    /// <summary>[M], int64: the places of those images in a set of <paramref name="whole"/>; on the host, so that every device draws the same.</summary>
    internal static Tensor Drawn(int? count, int whole, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var order = randperm(whole, dtype: ScalarType.Int64, device: CPU, generator: generator);
        return order[..Math.Min(count ?? whole, whole)].sort().Values.MoveToOuterDisposeScope();
    }

    /// <summary>Two new sets: some images drawn by the seed, and the rest.</summary>
    /// <param name="count">How many to draw; fewer than there are.</param>
    /// <param name="seed">The seed.</param>
    public (ImageSet Remaining, ImageSet Drawn) Divide(int count, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var order = randperm(Count, dtype: ScalarType.Int64, generator: generator).to(Images.device);
        return (Take(order[count..].sort().Values), Take(order[..count].sort().Values));
    }

    /// <summary>A new set on a device.</summary>
    public ImageSet To(Device device) => new(
        Name, Images.to(device).alias(), Labels.to(device).alias(), Indices.to(device).alias(), Classes)
    {
        Origin = Origin,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        Indices.Dispose();
    }
}
