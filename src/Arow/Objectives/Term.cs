namespace Arow.Objectives;

/// <summary>
/// A term of an objective, one number for each sample, [N]. Terms are added, weighed and scaled as tensors are, so that an objective reads
/// like its equation; nothing is computed before <see cref="Parts.Loss"/>.
/// </summary>
/// <param name="Of">From a batch to the term: [N], in the caller's dispose scope.</param>
public sealed record Term(Func<Seen, Tensor> Of)
{
    /// <summary>Whether it is the cross-entropy of the clean images, as it is.</summary>
    public bool IsNaturalError { get; private init; }

    /// <summary>MART's boosted cross-entropy of the adversarial images.</summary>
    public static readonly Term BoostedCrossEntropy = new(b => Losses.BoostedCrossEntropy(b.ZAdv, b.Y));

    /// <summary>Cross-entropy of the clean images.</summary>
    /// <param name="α">Label smoothing in [0, 1).</param>
    public static Term CrossEntropy(double α = 0) => new(b => Losses.CrossEntropy(b.Z, b.Y, α)) { IsNaturalError = true };

    /// <summary>Cross-entropy of the adversarial images.</summary>
    /// <param name="α">Label smoothing in [0, 1).</param>
    public static Term AdversarialCrossEntropy(double α = 0) => new(b => Losses.CrossEntropy(b.ZAdv, b.Y, α));

    /// <summary>Sum.</summary>
    public static Term operator +(Term a, Term b) => new(batch => a.Of(batch) + b.Of(batch));

    /// <summary>Product, sample by sample.</summary>
    public static Term operator *(Term a, Term b) => new(batch => a.Of(batch) * b.Of(batch));

    /// <summary>Multiple.</summary>
    public static Term operator *(double factor, Term term) => new(batch => factor * term.Of(batch));

    /// <summary>Fraction.</summary>
    public static Term operator /(Term term, double divisor) => new(batch => term.Of(batch) / divisor);

    /// <summary>A whole objective.</summary>
    public static Parts operator +(Term supervised, Regularizer regularizer) =>
        new(supervised, regularizer.Factor, regularizer.Divergence, regularizer.Weight);
}
