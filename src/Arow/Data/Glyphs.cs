namespace Arow.Data;

/// <summary>
/// The embedded data set: digits drawn by code, ten classes, 28x28 grey or 32x32 colour, 10,000 training images and 2,000 test
/// images. Each digit is bent, slanted and stroked at random, among fragments of other digits, under uneven light and noise. An image
/// depends only on its split and index and is identical on every machine: only operations that IEEE 754 defines to the last bit are
/// used.
/// </summary>
/// <param name="Colour">32x32 colour instead of 28x28 grey.</param>
/// <example>
/// <code>
/// using var images = new Glyphs().Load(Split.Test, folder: null);
/// </code>
/// </example>
public sealed record Glyphs(bool Colour = false) : IDataSet
{
    private const int TrainCount = 10_000;
    private const int TestCount = 2_000;

    private int Side => Colour ? 32 : 28;

    private int Channels => Colour ? 3 : 1;

    /// <inheritdoc/>
    public string Name => Colour ? "glyphs-colour" : "glyphs";

    /// <inheritdoc/>
    public string Title => $"digits drawn by code, {Side}x{Side} {(Colour ? "colour" : "grey")}, 10 classes, 10,000 + 2,000 images";

    /// <inheritdoc/>
    public Augmentation Augmentation => Augmentation.None;

    /// <inheritdoc/>
    public IReadOnlyList<RemoteFile> Files => [];

    /// <inheritdoc/>
    public bool IsGenerated => true;

    /// <inheritdoc/>
    public ImageSet Load(Split split, string? folder) => Draw(split, GetCount(split));

    /// <inheritdoc/>
    public ImageSet Load(Split split, string? folder, int? limit, long seed)
    {
        using var scope = NewDisposeScope();
        return Draw(split, ImageSet.SampleIndices(limit, GetCount(split), seed));
    }

    /// <summary>Draws the first images of a split.</summary>
    public ImageSet Draw(Split split, int count)
    {
        using var scope = NewDisposeScope();
        return Draw(split, arange(count, dtype: ScalarType.Int64, device: CPU));
    }

    private static int GetCount(Split split) => split == Split.Train ? TrainCount : TestCount;

    private ImageSet Draw(Split split, Tensor indices)
    {
        var places = indices.data<long>().ToArray();
        var count = places.Length;
        var size = Channels * Side * Side;
        var bytes = new byte[count * size];
        var labels = new long[count];
        Parallel.For(0, count, i =>
        {
            var random = new GlyphRandom(split, Colour, (int)places[i]);
            labels[i] = random.NextInt(10);
            Paint((int)labels[i], random, bytes.AsSpan(i * size, size));
        });

        using var scope = NewDisposeScope();
        var images = empty([count, Channels, Side, Side], ScalarType.Byte);
        bytes.CopyTo(images.bytes);
        return new ImageSet(Name, images, tensor(labels), indices, PublicDataSets.Digits);
    }

    private void Paint(int digit, GlyphRandom random, Span<byte> image)
    {
        // Layers in this order: background lit from one side, dimmer fragments of other digits, the digit, noise.
        var (left, right, top) = (random.NextInRange(0, 0.3), random.NextInRange(0, 0.3), random.NextInRange(-0.1, 0.1));
        var ink = random.NextInRange(0.55, 1);
        Span<double> tint = [1, random.NextInRange(0.3, 1), random.NextInRange(0.3, 1)];
        var channelShift = random.NextInt(3);

        Span<double> clutter = stackalloc double[Side * Side];
        for (var pieces = 2 + random.NextInt(3); pieces > 0; pieces--)
        {
            var fragment = GlyphStroke.ForDigit(random.NextInt(10)).Fragment(random).Deform(random, Side, maxOffset: 0.45);
            fragment.Paint(clutter, Side, random.NextInRange(0.6, 1.2), random.NextInRange(0.25, 0.6));
        }
        Span<double> strokes = stackalloc double[Side * Side];
        GlyphStroke.ForDigit(digit).Deform(random, Side, maxOffset: 0.09).Paint(strokes, Side, random.NextInRange(0.9, 2), 1);

        var grain = random.NextInRange(0.02, 0.12);
        for (var channel = 0; channel < Channels; channel++)
        {
            var colour = tint[(channel + channelShift) % 3];
            if (!Colour) colour = 1;
            for (var y = 0; y < Side; y++)
            {
                for (var x = 0; x < Side; x++)
                {
                    var at = y * Side + x;
                    var background = left + (right - left) * x / Side + top * y / Side;
                    var dim = background + clutter[at] * (ink - background) * (Colour ? tint[(channel + channelShift + 1) % 3] : 1);
                    var value = dim + strokes[at] * (ink * colour - dim) + grain * random.NextGaussian();
                    image[channel * Side * Side + at] = (byte)(255 * Math.Clamp(value, 0, 1) + 0.5);
                }
            }
        }
    }
}
