namespace Arow.Objectives;

/// <summary>
/// A term of an objective, one number for each sample, [N]. Terms are added, weighted and scaled like tensors, so that an objective reads
/// like its equation; nothing is computed before <see cref="ObjectiveTerms.Loss"/>.
/// </summary>
/// <param name="Compute">From a batch to the term: [N], in the caller's dispose scope.</param>
public sealed record LossTerm(Func<LossInputs, Tensor> Compute)
{
    /// <summary>Whether it is the unchanged cross-entropy of the clean images.</summary>
    public bool IsNaturalError { get; private init; }

    /// <summary>MART's boosted cross-entropy of the adversarial images.</summary>
    public static readonly LossTerm BoostedCrossEntropy = new(b => Losses.BoostedCrossEntropy(b.ZAdv, b.Y));

    /// <summary>Cross-entropy of the clean images.</summary>
    /// <param name="α">Label smoothing in [0, 1).</param>
    public static LossTerm CrossEntropy(double α = 0) => new(b => Losses.CrossEntropy(b.Z, b.Y, α)) { IsNaturalError = true };

    /// <summary>Cross-entropy of the adversarial images.</summary>
    /// <param name="α">Label smoothing in [0, 1).</param>
    public static LossTerm AdversarialCrossEntropy(double α = 0) => new(b => Losses.CrossEntropy(b.ZAdv, b.Y, α));

    /// <summary>Sum.</summary>
    public static LossTerm operator +(LossTerm a, LossTerm b) => new(batch => a.Compute(batch) + b.Compute(batch));

    /// <summary>Product, sample by sample.</summary>
    public static LossTerm operator *(LossTerm a, LossTerm b) => new(batch => a.Compute(batch) * b.Compute(batch));

    /// <summary>Multiple.</summary>
    public static LossTerm operator *(double factor, LossTerm term) => new(batch => factor * term.Compute(batch));

    /// <summary>Fraction.</summary>
    public static LossTerm operator /(LossTerm term, double divisor) => new(batch => term.Compute(batch) / divisor);

    /// <summary>A complete objective.</summary>
    public static ObjectiveTerms operator +(LossTerm supervised, Regularizer regularizer) =>
        new(supervised, regularizer.Factor, regularizer.Divergence, regularizer.Weight);
}
