namespace Arow;

/// <summary>
/// Which perturbations count: all of norm at most ε that leave the pixels in [0, 1]. A norm is a value here: what
/// differs between them is where an attack starts, which way is up, and what the nearest allowed point is.
/// </summary>
/// <param name="Norm">The norm.</param>
/// <param name="Size">ε ≥ 0 as it was written, on pixels in [0, 1].</param>
public sealed record ThreatModel(Norm Norm, Ratio Size)
{
    /// <summary>L∞ 8/255, the field's habit on small colour images.</summary>
    public static readonly ThreatModel Default = new(Norm.Linf, Ratio.Of(8, 255)) { defaultOf = Norm.Linf };

    /// <summary>The norm that the size is a default for; null where it was given for this one.</summary>
    private Norm? defaultOf { get; init; }

    /// <summary>The share of pixels that one L1 step moves (Tramèr and Boneh 2019, sparse L1 descent).</summary>
    private const double SparseShare = 0.01;

    /// <summary>A distance no two images have; its square is still a float32.</summary>
    private const double Farthest = 1e9;

    /// <summary>ε as it was written: 8/255.</summary>
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

    /// <summary>The same with what is given; a size that is not remains, as a default for the norm that it is for.</summary>
    public ThreatModel With(Norm? norm, Ratio? size) =>
        (size is { } given ? this with { Size = given } : this with { defaultOf = Norm }) with { Norm = norm ?? Norm };

    /// <summary>What is wrong with it: "epsilon 8 exceeds 1 …"; null if nothing is.</summary>
    /// <param name="name">What the size is called.</param>
    public string? Fault(string name = "epsilon") =>
        defaultOf is { } other && other != Norm ? $"norm {NamedValue.Of(Norm)} needs an epsilon: {Size} is a size for {NamedValue.Of(other)}"
        : !(Epsilon >= 0) ? $"{name} {Size} is negative"
        : Norm == Norm.Linf && Epsilon > 1 ? $"{name} {Size} exceeds 1: pixels are in [0, 1], was {Size}/255 meant?"
        : Epsilon > Farthest ? $"{name} {Size} is farther than any two images are apart"
        : null;

    /// <summary>Where an attack on <paramref name="x"/> begins, already in the ball and the box.</summary>
    public Tensor Begin(Tensor x, Start start, Noise noise)
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
    /// The step of length <paramref name="step"/> from <paramref name="x"/> that raises a function of gradient
    /// <paramref name="g"/> most.
    /// </summary>
    public Tensor Ascend(Tensor x, Tensor g, double step)
    {
        using var scope = NewDisposeScope();
        return x.add(Uphill(x, g), alpha: step).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// A point of the ball around <paramref name="x"/> and of the box: the nearest to <paramref name="z"/> for L∞ and
    /// L1, for L2 the nearest in the ball and then in the box, as published attacks do.
    /// </summary>
    public Tensor Project(Tensor z, Tensor x)
    {
        using var scope = NewDisposeScope();
        var nearest = Norm switch
        {
            Norm.Linf => z.maximum(x - Epsilon).minimum(x + Epsilon),
            Norm.L2 => x + Unit(z - x) * Length(z - x, Norm.L2).clamp_max(Epsilon),
            _ => x + L1Projection.OntoBallAndBox(z - x, x, Epsilon),
        };
        return nearest.clamp(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>The size of each sample's perturbation, in float64: [N].</summary>
    public Tensor Distance(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return Length(a.to(ScalarType.Float64) - b.to(ScalarType.Float64), Norm).flatten().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// How far <see cref="Distance"/> of an image of <paramref name="pixels"/> numbers may exceed ε by rounding alone:
    /// pixels in [0, 1] are sums rounded to the nearest float32, each off by at most 2^-25, twice for x + δ and its
    /// projection, hence 2^-24 a pixel.
    /// </summary>
    public double Rounding(long pixels) => Math.Pow(2, -24) * Norm switch
    {
        Norm.Linf => 1,
        Norm.L2 => Math.Sqrt(pixels),
        _ => pixels,
    };

    /// <summary>Whether they are the same perturbations, however ε was written.</summary>
    public bool Equals(ThreatModel? other) => other is not null && (Norm, Epsilon) == (other.Norm, other.Epsilon);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Norm, Epsilon);

    /// <summary>"Linf 0.0314": for logs.</summary>
    public override string ToString() => $"{Norm} {Epsilon:0.####}";

    /// <summary>
    /// The direction of length one in which a function of gradient <paramref name="g"/> rises most: sign for L∞, the
    /// gradient's direction for L2; for L1 the steepest 1 % of the pixels that the box still lets move, all by as much.
    /// </summary>
    internal Tensor Uphill(Tensor x, Tensor g) => Norm switch
    {
        Norm.Linf => g.sign(),
        Norm.L2 => Unit(g),
        _ => Unit(Steepest(x, g)),
    };

    /// <summary>v scaled to length one; a zero stays zero.</summary>
    internal Tensor Unit(Tensor v) => v / Length(v, Norm).clamp_min(1e-30);

    private Tensor UniformInBall(Tensor x, Noise noise)
    {
        if (Norm == Norm.Linf) return 2 * Epsilon * noise.Uniform(x) - Epsilon;

        var perSample = x.shape.Skip(1).Aggregate(1L, (a, b) => a * b);
        var radius = noise.Uniform(x[.., ..1, ..1, ..1], step: 2).pow(1.0 / perSample);
        if (Norm == Norm.L2)
            return Epsilon * radius * Unit(noise.Normal(x));

        // Exponential lengths with random signs, normalised, are uniform on the L1 sphere.
        var lengths = -(1 - noise.Uniform(x)).log() * (noise.Uniform(x, step: 1) - 0.5).sign();
        return Epsilon * radius * Unit(lengths);
    }

    private static Tensor Steepest(Tensor x, Tensor g)
    {
        var stuck = ((x >= 1) & (g > 0)) | ((x <= 0) & (g < 0));
        var steepness = g.abs().masked_fill(stuck, 0).flatten(1);
        var count = Math.Max(1, (int)(SparseShare * steepness.shape[1]));
        var least = steepness.topk(count, dim: 1).values[.., ^1..].clamp_min(1e-30);
        return (g.sign().flatten(1) * (steepness >= least).to(g.dtype)).reshape(g.shape);
    }

    /// <summary>[N, 1, 1, 1].</summary>
    private static Tensor Length(Tensor v, Norm norm)
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
