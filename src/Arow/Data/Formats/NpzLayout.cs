namespace Arow.Data;

/// <summary>Memory layout of an array of images in its file.</summary>
/// <param name="Shape">C, H, W of each image.</param>
/// <param name="Count">Number of images.</param>
/// <param name="IsFortran">Whether the image index varies fastest.</param>
/// <param name="TargetOffsets">Position in [C, H, W] of each element of an image, in file order.</param>
internal sealed record NpzLayout(long[] Shape, long Count, bool IsFortran, int[] TargetOffsets)
{
    private const int MaxPixels = 1 << 28;

    /// <summary>Determines the layout of an array: [N, H, W, C], [N, C, H, W] or [N, H, W].</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="images">The array.</param>
    /// <param name="shape">Required C, H, W; null for any with 1 or 3 channels.</param>
    public static NpzLayout Create(string path, NpzArray images, long[]? shape)
    {
        var header = images.Header;
        if (header.Shape.Length is not (3 or 4)) throw new InputException(
            $"{path}: {images.Name} is {images.ShapeText}; images are [N, H, W, C], [N, C, H, W] or [N, H, W]");
        if (header.Shape[0] > int.MaxValue
            || header.PerRow > MaxPixels) throw new InputException($"{path}: {images.Name} is {images.ShapeText}, more than can be read");
        long[] each = header.Shape.Length == 3 ? [.. header.Shape.Skip(1), 1] : [.. header.Shape.Skip(1)];
        var channelsLast = shape is null ? each[2] is 1 or 3 : each.SequenceEqual((long[])[shape[1], shape[2], shape[0]]);
        if (!channelsLast && (shape is null ? each[0] is not (1 or 3) : !each.SequenceEqual(shape)))
        {
            throw new InputException($"{path}: its images are [{string.Join(", ", header.Shape.Skip(1))}], not "
                + (shape is null ? "of 1 or 3 channels" : $"{string.Join('x', shape)} (channels first or last)"));
        }
        var found = channelsLast ? [each[2], each[0], each[1]] : each;
        var places = new int[header.PerRow];
        for (var i = 0; i < places.Length; i++) places[i] = GetTargetOffset(i, each, header.IsFortran, channelsLast);
        return new NpzLayout(found, header.Shape[0], header.IsFortran, places);
    }

    private static int GetTargetOffset(int i, long[] each, bool isFortran, bool channelsLast)
    {
        var at = new int[3];
        foreach (var axis in isFortran ? (int[])[0, 1, 2] : [2, 1, 0])
        {
            at[axis] = i % (int)each[axis];
            i /= (int)each[axis];
        }
        var (c, h, w) = channelsLast ? (at[2], at[0], at[1]) : (at[0], at[1], at[2]);
        var (height, width) = channelsLast ? (each[0], each[1]) : (each[1], each[2]);
        return (int)((c * height + h) * width + w);
    }
}
