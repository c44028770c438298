namespace Arow.Data;

/// <summary>Split of a data set.</summary>
/// <example>
/// <code>
/// using var images = new Glyphs().Load(Split.Train, folder: null);
/// </code>
/// </example>
public enum Split
{
    /// <summary>Training images.</summary>
    Train,

    /// <summary>Test images, never used for selection.</summary>
    Test,
}

/// <summary>Images and their labels, one byte per pixel and channel: in memory, or in a file of packed images.</summary>
/// <example>
/// <code>
/// using var images = new Idx().Load(Split.Test, "data/fashion-mnist");
/// var (x, y) = (ImageSet.ToPixels(images.Images[..100]), images.Labels[..100]);
/// </code>
/// </example>
public sealed class ImageSet : IDisposable
{
    /// <summary>Takes ownership of the tensors.</summary>
    /// <param name="name">The data set's name in the Catalog.</param>
    /// <param name="images">[N, C, H, W], uint8.</param>
    /// <param name="labels">[N], int64, from 0.</param>
    /// <param name="classes">Class names; every label has one.</param>
    public ImageSet(string name, Tensor images, Tensor labels, IReadOnlyList<string> classes)
        : this(name, images, labels, arange(labels.shape[0], dtype: ScalarType.Int64, device: labels.device), classes)
    {
    }

    /// <summary>A part of a set; <paramref name="indices"/> are the positions in the whole set.</summary>
    internal ImageSet(string name, Tensor images, Tensor labels, Tensor indices, IReadOnlyList<string> classes)
    {
        Name = name;
        this.images = images.DetachFromDisposeScope();
        shape = [.. images.shape];
        Labels = labels.DetachFromDisposeScope();
        Indices = indices.DetachFromDisposeScope();
        Classes = classes;
    }

    /// <summary>Images that stay in their file.</summary>
    internal ImageSet(string name, ImagePack pack, Tensor rows, Tensor labels, IReadOnlyList<string> classes)
        : this(name, pack, rows, labels, arange(labels.shape[0], dtype: ScalarType.Int64, device: CPU), classes)
    {
    }

    private ImageSet(string name, ImagePack pack, Tensor rows, Tensor labels, Tensor indices, IReadOnlyList<string> classes)
    {
        Name = name;
        (this.pack, packRows) = (pack, rows.DetachFromDisposeScope());
        shape = [rows.shape[0], pack.Footer.Channels, pack.Footer.Height, pack.Footer.Width];
        Labels = labels.DetachFromDisposeScope();
        Indices = indices.DetachFromDisposeScope();
        Classes = classes;
    }

    private readonly long[] shape;
    private readonly ImagePack? pack;

    /// <summary>[N], int64 on the CPU: numbers of the images in the file.</summary>
    private readonly Tensor? packRows;

    private Tensor? images;

    /// <summary>The data set's name in the Catalog.</summary>
    public string Name { get; }

    /// <summary>[N, C, H, W], uint8. Packed images are read into memory, all of them: see <see cref="Gather(Tensor)"/>.</summary>
    /// <exception cref="InputException">Packed images do not fit into memory.</exception>
    public Tensor Images
    {
        get
        {
            if (images is not null) return images;
            InputFile.RequireMemory(Name, shape[0], [.. shape.Skip(1)]);
            using var scope = NewDisposeScope();
            return images = pack!.Read(packRows!).to(Device).DetachFromDisposeScope();
        }
    }

    /// <summary>Whether the images stay in their file, so that all of them at once may not fit into memory.</summary>
    internal bool IsPacked => pack is not null;

    /// <summary>Images in memory; null for packed ones.</summary>
    internal Tensor? InMemory => pack is null ? images : null;

    /// <summary>Holds the same images in other memory.</summary>
    /// <param name="same">Of the same shape and values; the set takes ownership.</param>
    internal void Move(Tensor same)
    {
        images?.Dispose();
        images = same.DetachFromDisposeScope();
    }

    /// <summary>Where the images are, or packed ones are brought to.</summary>
    internal Device Device => Labels.device;

    /// <summary>Returns some of the images, [M, C, H, W] uint8.</summary>
    /// <param name="rows">[M], int64, indices in this set.</param>
    internal Tensor Gather(Tensor rows)
    {
        if (pack is null) return Images.index_select(0, rows);
        using var scope = NewDisposeScope();
        return pack.Read(packRows!.index_select(0, rows.cpu())).to(Device).MoveToOuterDisposeScope();
    }

    /// <summary>Returns images that follow one another, [M, C, H, W] uint8.</summary>
    /// <param name="first">Index of the first one.</param>
    /// <param name="count">M.</param>
    internal Tensor Gather(long first, long count)
    {
        if (pack is null) return Images.narrow(0, first, count);
        using var scope = NewDisposeScope();
        return pack.Read(packRows!.narrow(0, first, count)).to(Device).MoveToOuterDisposeScope();
    }

    /// <summary>[N], int64.</summary>
    public Tensor Labels { get; }

    /// <summary>[N], int64: index of each image in the whole set as loaded.</summary>
    public Tensor Indices { get; }

    /// <summary>Class names.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Origin of the images; null if their indices identify them.</summary>
    internal ImageOrigin? Origin { get; init; }

    /// <summary>Whether the classes are the numbers of the labels, as the images came without names.</summary>
    internal bool AreClassesNumbers { get; init; }

    /// <summary>Number of images.</summary>
    public int Count => (int)shape[0];

    /// <summary>1 for grey, 3 for colour.</summary>
    public int Channels => (int)shape[1];

    /// <summary>Height in pixels.</summary>
    public int Height => (int)shape[2];

    /// <summary>Width in pixels.</summary>
    public int Width => (int)shape[3];

    /// <summary>Converts bytes to pixels in [0, 1], float32.</summary>
    public static Tensor ToPixels(Tensor images) => images.to(ScalarType.Float32).div_(255f);

    /// <summary>Creates a set of some of the images.</summary>
    /// <param name="rows">[M], int64, indices in this set.</param>
    public ImageSet Select(Tensor rows) => Derive(
        pixels => pixels.index_select(0, rows), fileRows => fileRows.index_select(0, rows.cpu()),
        Labels.index_select(0, rows), Indices.index_select(0, rows));

    /// <summary>Creates a set of <paramref name="count"/> randomly drawn images in their original order; null for all.</summary>
    public ImageSet Limit(int? count, long seed)
    {
        using var scope = NewDisposeScope();
        return Select(SampleIndices(count, Count, seed).to(Device));
    }

    /// <summary>
    /// Draws [M], int64, sorted indices in a set of <paramref name="total"/> images; on the CPU, so that every device draws the same.
    /// </summary>
    internal static Tensor SampleIndices(int? count, int total, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var order = randperm(total, dtype: ScalarType.Int64, device: CPU, generator: generator);
        return order[..Math.Min(count ?? total, total)].sort().Values.MoveToOuterDisposeScope();
    }

    /// <summary>Splits the set into randomly drawn images and the rest.</summary>
    /// <param name="count">Number of images to draw; fewer than the set has.</param>
    /// <param name="seed">The seed.</param>
    public (ImageSet Remaining, ImageSet Drawn) RandomSplit(int count, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var order = randperm(Count, dtype: ScalarType.Int64, generator: generator).to(Device);
        return (Select(order[count..].sort().Values), Select(order[..count].sort().Values));
    }

    /// <summary>Creates a set of the same images with other or more class names.</summary>
    /// <param name="classes">Class names; every label has one.</param>
    public ImageSet WithClasses(IReadOnlyList<string> classes) =>
        Derive(pixels => pixels.alias(), fileRows => fileRows.alias(), Labels.alias(), Indices.alias(), classes);

    /// <summary>Copies the set to a device; packed images are copied when they are read.</summary>
    public ImageSet To(Device device) => Derive(
        pixels => pixels.to(device).alias(), fileRows => fileRows.alias(), Labels.to(device).alias(), Indices.to(device).alias());

    /// <summary>Creates a set of the same images or some of them, which stay where they are: in memory or in their file.</summary>
    /// <param name="pixels">Applied to images in memory.</param>
    /// <param name="fileRows">Applied to the numbers of the images in a file.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="indices">The indices in the whole set as loaded.</param>
    /// <param name="classes">Other class names; null for the same.</param>
    private ImageSet Derive(
        Func<Tensor, Tensor> pixels, Func<Tensor, Tensor> fileRows, Tensor labels, Tensor indices, IReadOnlyList<string>? classes = null)
    {
        var numbers = classes is null && AreClassesNumbers;
        return pack is null
            ? new ImageSet(Name, pixels(Images), labels, indices, classes ?? Classes) { Origin = Origin, AreClassesNumbers = numbers }
            : new ImageSet(Name, pack, fileRows(packRows!), labels, indices, classes ?? Classes) { Origin = Origin, AreClassesNumbers = numbers };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        images?.Dispose();
        packRows?.Dispose();
        Labels.Dispose();
        Indices.Dispose();
    }
}
