namespace Arow;

/// <summary>
/// The perturbations allowed: all of norm at most ε that keep the pixels in [0, 1]. The norm is a value, not a class: norms
/// differ in the random start, the direction of steepest ascent and the projection.
/// </summary>
/// <param name="Norm">The norm.</param>
/// <param name="Size">ε ≥ 0 with its original text, on pixels in [0, 1].</param>
/// <example>
/// <code>
/// var threat = new ThreatModel(Norm.Linf, Ratio.FromFraction(8, 255));
/// var inBall = threat.Project(z, x);                    // nearest to z within the ball around x and the box
/// var distance = threat.Distance(inBall, x);            // [N], float64
/// </code>
/// </example>
public sealed record ThreatModel(Norm Norm, Ratio Size)
{
    /// <summary>L∞ 8/255, the convention for small colour images.</summary>
    public static readonly ThreatModel Default = new(Norm.Linf, Ratio.FromFraction(8, 255)) { defaultOf = Norm.Linf };

    /// <summary>The norm for which the size is a default; null if the size was given explicitly.</summary>
    private Norm? defaultOf { get; init; }

    /// <summary>The share of pixels that one L1 step moves (Tramèr and Boneh 2019, sparse L1 descent).</summary>
    private const double SparseShare = 0.01;

    /// <summary>An upper bound on distances of images; its square is still a float32.</summary>
    private const double MaximumDistance = 1e9;

    /// <summary>ε with its original text: 8/255.</summary>
    public Ratio Size
    {
        get;
        init => (field, defaultOf) = (value, null);
    } = Size;

    /// <summary>ε ≥ 0, on pixels in [0, 1].</summary>
    public double Epsilon
    {
        get => Size.Value;
        init => Size = value;
    }

    /// <summary>Returns the threat model with given values; a size that is not given remains, as a default for its norm only.</summary>
    public ThreatModel With(Norm? norm, Ratio? size) =>
        (size is { } value ? this with { Size = value } : this with { defaultOf = Norm }) with { Norm = norm ?? Norm };

    /// <summary>Returns an error message for invalid values, "epsilon 8 exceeds 1 …"; null for valid ones.</summary>
    /// <param name="name">The name of the size in messages.</param>
    public string? Validate(string name = "epsilon") =>
        defaultOf is { } other && other != Norm ? $"norm {Name(Norm)} requires an epsilon: {Size} is for {Name(other)}"
        : !(Epsilon >= 0) ? $"{name} {Size} is negative"
        : Norm == Norm.Linf && Epsilon > 1 ? $"{name} {Size} exceeds 1: pixels are in [0, 1], was {Size}/255 meant?"
        : Epsilon > MaximumDistance ? $"{name} {Size} exceeds the distance of any two images"
        : null;

    private static string Name(Norm norm) => norm.ToString().ToLowerInvariant();

    /// <summary>Returns the start of an attack on <paramref name="x"/>, in the ball and the box.</summary>
    public Tensor StartPoint(Tensor x, Start start, Noise noise)
    {
        using var scope = NewDisposeScope();
        var δ = start switch
        {
            Start.None => zeros_like(x),
            Start.Uniform => UniformInBall(x, noise),
            Start.Gaussian => 0.001 * noise.Normal(x),
            _ => throw new ArgumentOutOfRangeException(nameof(start)),
        };
        return Project(x + δ, x).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Returns the point after a step of length <paramref name="step"/> from <paramref name="x"/> in the direction of steepest
    /// ascent of a function of gradient <paramref name="g"/>.
    /// </summary>
    public Tensor Step(Tensor x, Tensor g, double step)
    {
        using var scope = NewDisposeScope();
        return x.add(SteepestAscent(x, g), alpha: step).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Projects <paramref name="z"/> onto the ball around <paramref name="x"/> and the box: to the nearest point of both for L∞
    /// and L1; for L2 onto the ball, then the box, as published attacks do.
    /// </summary>
    public Tensor Project(Tensor z, Tensor x)
    {
        using var scope = NewDisposeScope();
        var nearest = Norm switch
        {
            Norm.Linf => z.maximum(x - Epsilon).minimum(x + Epsilon),
            Norm.L2 => x + Normalize(z - x) * NormPerSample(z - x, Norm.L2).clamp_max(Epsilon),
            _ => x + L1Projection.OntoBallAndBox(z - x, x, Epsilon),
        };
        return nearest.clamp(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the norm of each sample's perturbation, in float64: [N].</summary>
    public Tensor Distance(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return NormPerSample(a.to(ScalarType.Float64) - b.to(ScalarType.Float64), Norm).flatten().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Returns by how much <see cref="Distance"/> of an image of <paramref name="pixels"/> numbers may exceed ε by rounding:
    /// pixels in [0, 1] are sums rounded to the nearest float32, with an error of at most 2^-25, twice for x + δ and its
    /// projection, hence 2^-24 a pixel.
    /// </summary>
    public double Rounding(long pixels) => Math.Pow(2, -24) * Norm switch
    {
        Norm.Linf => 1,
        Norm.L2 => Math.Sqrt(pixels),
        _ => pixels,
    };

    /// <summary>Whether the allowed perturbations are the same, whatever the text of ε.</summary>
    public bool Equals(ThreatModel? other) => other is not null && (Norm, Epsilon) == (other.Norm, other.Epsilon);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Norm, Epsilon);

    /// <summary>"Linf 0.0314": for logs.</summary>
    public override string ToString() => $"{Norm} {Epsilon:0.####}";

    /// <summary>
    /// The direction of steepest ascent, of norm one, for a function of gradient <paramref name="g"/>: the sign for L∞, the
    /// normalised gradient for L2; for L1 the 1 % of the pixels with the largest gradient that the box lets move, all equally.
    /// </summary>
    internal Tensor SteepestAscent(Tensor x, Tensor g) => Norm switch
    {
        Norm.Linf => g.sign(),
        Norm.L2 => Normalize(g),
        _ => Normalize(TopGradientSigns(x, g)),
    };

    /// <summary>v scaled to norm one; zero remains zero.</summary>
    internal Tensor Normalize(Tensor v) => v / NormPerSample(v, Norm).clamp_min(1e-30);

    private Tensor UniformInBall(Tensor x, Noise noise)
    {
        if (Norm == Norm.Linf) return 2 * Epsilon * noise.Uniform(x) - Epsilon;

        var perSample = x.shape.Skip(1).Aggregate(1L, (a, b) => a * b);
        var radius = noise.Uniform(x[.., ..1, ..1, ..1], step: 2).pow(1.0 / perSample);
        if (Norm == Norm.L2)
            return Epsilon * radius * Normalize(noise.Normal(x));

        // Exponential variables with random signs, normalised, are uniform on the L1 sphere.
        var lengths = -(1 - noise.Uniform(x)).log() * (noise.Uniform(x, step: 1) - 0.5).sign();
        return Epsilon * radius * Normalize(lengths);
    }

    private static Tensor TopGradientSigns(Tensor x, Tensor g)
    {
        var blocked = ((x >= 1) & (g > 0)) | ((x <= 0) & (g < 0));
        var magnitude = g.abs().masked_fill(blocked, 0).flatten(1);
        var count = Math.Max(1, (int)(SparseShare * magnitude.shape[1]));
        var threshold = magnitude.topk(count, dim: 1).values[.., ^1..].clamp_min(1e-30);
        return (g.sign().flatten(1) * (magnitude >= threshold).to(g.dtype)).reshape(g.shape);
    }

    /// <summary>[N, 1, 1, 1].</summary>
    internal static Tensor NormPerSample(Tensor v, Norm norm)
    {
        long[] pixels = [1, 2, 3];
        return norm switch
        {
            Norm.Linf => v.abs().amax(pixels, keepdim: true),
            Norm.L2 => v.square().sum(pixels, keepdim: true).sqrt(),
            _ => v.abs().sum(pixels, keepdim: true),
        };
    }
}
