namespace Arow.Data;

/// <summary>
/// RandAugment (Cubuk et al. 2020): applies a few operations to each training image, drawn with replacement from fourteen, all at the
/// same magnitude. Operations and magnitudes are those of torchvision, computed as Pillow does, with nearest-neighbour sampling and
/// black fill.
/// </summary>
/// <param name="Operations">Operations per image, at least 1; 2 in the paper's larger runs.</param>
/// <param name="Magnitude">Magnitude in [0, 30]; torchvision's default is 9.</param>
public sealed record RandAugment(int Operations, int Magnitude = RandAugment.DefaultMagnitude)
{
    /// <summary>Default of torchvision.</summary>
    public const int DefaultMagnitude = 9;

    /// <summary>Largest magnitude.</summary>
    public const int MaxMagnitude = 30;

    /// <summary>Maps images, a sign per image ([N], 1 or −1) and a strength in [0, 1] to images.</summary>
    internal delegate Tensor Operation(Tensor x, Tensor sign, double strength);

    /// <summary>The operations, by their names in the paper.</summary>
    internal static readonly IReadOnlyList<(string Name, Operation Do)> AllOperations =
    [
        ("identity", (x, _, _) => x),
        ("shear-x", (x, s, m) => PixelOperations.AffineTransform(x, AffineMap(x, b: 0.3 * m * s))),
        ("shear-y", (x, s, m) => PixelOperations.AffineTransform(x, AffineMap(x, d: 0.3 * m * s))),
        ("translate-x", (x, s, m) => PixelOperations.AffineTransform(x, AffineMap(x, c: Math.Floor(150.0 / 331 * m * x.shape[3]) * s))),
        ("translate-y", (x, s, m) => PixelOperations.AffineTransform(x, AffineMap(x, f: Math.Floor(150.0 / 331 * m * x.shape[2]) * s))),
        ("rotate", (x, s, m) => PixelOperations.AffineTransform(x, RotationMap(x, Math.PI / 6 * m * s))),
        ("brightness", (x, s, m) => PixelOperations.Brighten(x, 1 + 0.9 * m * s)),
        ("colour", (x, s, m) => PixelOperations.Colour(x, 1 + 0.9 * m * s)),
        ("contrast", (x, s, m) => PixelOperations.Contrast(x, 1 + 0.9 * m * s)),
        ("sharpness", (x, s, m) => PixelOperations.Sharpen(x, 1 + 0.9 * m * s)),
        ("posterize", (x, s, m) => PixelOperations.Posterize(x, full_like(s, 8 - Math.Round(4 * m)))),
        ("solarize", (x, s, m) => PixelOperations.Solarize(x, full_like(s, 255 * (1 - m)))),
        ("auto-contrast", (x, _, _) => PixelOperations.AutoContrast(x)),
        ("equalize", (x, _, _) => PixelOperations.Equalize(x)),
    ];

    /// <summary>Returns the augmented images.</summary>
    /// <param name="images">[N, C, H, W], uint8, of 1 or 3 channels.</param>
    /// <param name="noise">One row per image.</param>
    public Tensor Apply(Tensor images, Noise noise)
    {
        using var scope = NewDisposeScope();
        var (n, device) = (images.shape[0], images.device);
        // Drawn on the CPU, where the operations are selected: the GPU is synchronized once, not for every operation.
        var draws = noise.Uniform(empty([n, 2L * Operations], device: CPU));
        var x = images.clone();
        for (var round = 0; round < Operations; round++)
        {
            using var each = NewDisposeScope();
            var selected = (draws[.., 2 * round] * AllOperations.Count).floor();
            var sign = 1 - 2 * (draws[.., 2 * round + 1] < 0.5).to(ScalarType.Float64);
            foreach (var (index, (_, operation)) in AllOperations.Index())
            {
                var rows = (selected == index).nonzero().flatten();
                if (index == 0 || rows.shape[0] == 0) continue;
                var (places, signs) = (rows.to(device), sign.index_select(0, rows).to(device));
                x.index_copy_(0, places, operation(x.index_select(0, places), signs, (double)Magnitude / MaxMagnitude));
            }
        }
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Affine map of pixel positions; omitted coefficients are those of the identity.</summary>
    private static Tensor AffineMap(Tensor x, Tensor? b = null, Tensor? c = null, Tensor? d = null, Tensor? f = null)
    {
        var (one, none) = (ones(x.shape[0], ScalarType.Float64, x.device), zeros(x.shape[0], ScalarType.Float64, x.device));
        return stack([one, b ?? none, c ?? none, d ?? none, one, f ?? none], 1);
    }

    /// <summary>Rotates counterclockwise around the centre of the image.</summary>
    private static Tensor RotationMap(Tensor x, Tensor angle)
    {
        var (cos, sin) = ((-angle).cos(), (-angle).sin());
        var (u, v) = (x.shape[3] / 2.0, x.shape[2] / 2.0);
        return stack([cos, sin, u - cos * u - sin * v, -sin, cos, v + sin * u - cos * v], 1);
    }
}
