namespace Arow.Data;

/// <summary>
/// Pixel operations of RandAugment on batches of bytes, computed as Pillow does; one strength per image. All map [N, C, H, W] uint8
/// with 1 or 3 channels to the same.
/// </summary>
internal static class PixelOperations
{
    private static readonly long[] Pixels = [2, 3];

    /// <summary>Brightness: blends with black (0) and extrapolates above 1.</summary>
    public static Tensor Brighten(Tensor x, Tensor factor) => Blend(zeros_like(x, ScalarType.Float32), x, factor);

    /// <summary>Colour: blends with the grey version. Grey images are unchanged.</summary>
    public static Tensor Colour(Tensor x, Tensor factor) => x.shape[1] == 1 ? x.alias() : Blend(Grey(x), x, factor);

    /// <summary>Contrast: blends with the mean brightness.</summary>
    public static Tensor Contrast(Tensor x, Tensor factor) =>
        Blend((Grey(x).mean([1, 2, 3], keepdim: true) + 0.5).floor(), x, factor);

    /// <summary>Sharpness: blends with a blurred version; the border is unchanged.</summary>
    public static Tensor Sharpen(Tensor x, Tensor factor)
    {
        using var scope = NewDisposeScope();
        var (c, h, w) = (x.shape[1], x.shape[2], x.shape[3]);
        if (h < 3 || w < 3) return x.alias().MoveToOuterDisposeScope();
        var kernel = ones(1, 1, 3, 3, device: x.device);
        kernel[0, 0, 1, 1] = 5;
        var inner = F.conv2d(x.to(ScalarType.Float32).reshape(-1, 1, h, w), kernel).div(13).add(0.5).floor().clamp(0, 255);
        var blurred = x.to(ScalarType.Float32);
        blurred[.., .., 1..^1, 1..^1] = inner.reshape(-1, c, h - 2, w - 2);
        return Blend(blurred, x, factor).MoveToOuterDisposeScope();
    }

    /// <summary>Keeps the given number of leading bits of each value.</summary>
    public static Tensor Posterize(Tensor x, Tensor bits)
    {
        using var scope = NewDisposeScope();
        var step = (8 - PerImage(bits)).exp2();
        return ((x.to(ScalarType.Float32) / step).floor() * step).to(ScalarType.Byte).MoveToOuterDisposeScope();
    }

    /// <summary>Inverts values at and above a threshold.</summary>
    public static Tensor Solarize(Tensor x, Tensor threshold)
    {
        using var scope = NewDisposeScope();
        return where(x.to(ScalarType.Float32) < PerImage(threshold), x, 255 - x).MoveToOuterDisposeScope();
    }

    /// <summary>Stretches each channel to the full range.</summary>
    public static Tensor AutoContrast(Tensor x)
    {
        using var scope = NewDisposeScope();
        // Pillow's table is float64.
        var v = x.to(ScalarType.Float64);
        var (least, most) = (v.amin(Pixels, keepdim: true), v.amax(Pixels, keepdim: true));
        var scale = 255 / (most - least).clamp_min(1);
        var stretched = (v * scale + -least * scale).floor().clamp(0, 255).to(ScalarType.Byte);
        return where(most > least, stretched, x).MoveToOuterDisposeScope();
    }

    /// <summary>Equalizes the histogram of each channel.</summary>
    public static Tensor Equalize(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (n, c) = (x.shape[0], x.shape[1]);
        var values = x.reshape(n * c, -1).to(ScalarType.Int64);
        var counts = zeros([n * c, 256], ScalarType.Int64, x.device).scatter_add(1, values, ones_like(values));
        // Pixels with the largest value are excluded from the sum.
        var last = counts.gather(1, values.amax([1], keepdim: true));
        var step = (counts.sum(1, keepdim: true) - last).div(255, RoundingMode.floor);
        var below = counts.cumsum(1) - counts + step.div(2, RoundingMode.floor);
        var table = below.div(step.clamp_min(1), RoundingMode.floor).clamp(0, 255);
        var even = table.gather(1, values);
        return where(step > 0, even, values).reshape(x.shape).to(ScalarType.Byte).MoveToOuterDisposeScope();
    }

    /// <summary>Applies an affine map with nearest-neighbour sampling; pixels from outside the image are black.</summary>
    /// <param name="x">The images.</param>
    /// <param name="map">
    /// [N, 6] float64: pixel (u, v) is sampled from (a u + b v + c, d u + e v + f), u to the right and v downwards, pixel centres at
    /// halves.
    /// </param>
    public static Tensor AffineTransform(Tensor x, Tensor map)
    {
        using var scope = NewDisposeScope();
        var (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var across = (arange(w, ScalarType.Float64, x.device) + 0.5).reshape(1, 1, w);
        var down = (arange(h, ScalarType.Float64, x.device) + 0.5).reshape(1, h, 1);
        Tensor SourceIndex(int first) =>
            (map[.., first].reshape(n, 1, 1) * across + map[.., first + 1].reshape(n, 1, 1) * down + map[.., first + 2].reshape(n, 1, 1)).floor();
        var (column, row) = (SourceIndex(0), SourceIndex(3));
        var inside = (column >= 0) & (column < w) & (row >= 0) & (row < h);
        var place = (row.clamp(0, h - 1) * w + column.clamp(0, w - 1)).to(ScalarType.Int64).reshape(n, 1, h * w).expand(n, c, h * w);
        return x.reshape(n, c, h * w).gather(2, place).reshape(x.shape).masked_fill(inside.logical_not().unsqueeze(1), 0).MoveToOuterDisposeScope();
    }

    /// <summary>Interpolates, or extrapolates, between a degenerate version and the image; rounds towards zero as Pillow does.</summary>
    private static Tensor Blend(Tensor degenerate, Tensor x, Tensor factor)
    {
        using var scope = NewDisposeScope();
        var v = x.to(ScalarType.Float32);
        return (degenerate + PerImage(factor) * (v - degenerate)).clamp(0, 255).floor().to(ScalarType.Byte).MoveToOuterDisposeScope();
    }

    /// <summary>Brightness, [N, 1, H, W] float32, integer values.</summary>
    private static Tensor Grey(Tensor x)
    {
        if (x.shape[1] == 1) return x.to(ScalarType.Float32);
        using var scope = NewDisposeScope();
        var v = x.to(ScalarType.Int64);
        var sum = v[.., ..1] * 19595 + v[.., 1..2] * 38470 + v[.., 2..] * 7471 + 0x8000;
        return sum.div(1 << 16, RoundingMode.floor).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    private static Tensor PerImage(Tensor perImage) => perImage.to(ScalarType.Float32).reshape(-1, 1, 1, 1);
}
