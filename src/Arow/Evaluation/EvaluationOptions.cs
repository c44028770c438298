using Arow.Attacks;
using Arow.Models.Execution;
using Arow.Registry;

namespace Arow.Evaluation;

/// <summary>
/// What decides an evaluation, but for the weights. The names on the command line and in study files are in
/// <see cref="EvaluationSettings"/>.
/// </summary>
public sealed record EvaluationOptions : MeasurementOptions
{
    /// <summary>Names of the Catalog, in order; none for clean accuracy alone.</summary>
    public IReadOnlyList<string> Attacks { get; init; } = ["pgd20"];

    /// <summary>How hard the attacks are to try.</summary>
    public AttackBudget Budget { get; init; } = AttackBudget.Default;

    /// <summary>Where the attacks have their random numbers from.</summary>
    public Randomness Randomness { get; init; }

    /// <summary>
    /// What attacks look at: the network itself (exact), or a form of it that is computed faster, in float32 all the same,
    /// from folded copies (fast). Auto is fast where the network is of the Catalog, but exact with published randomness, which
    /// is there to reach what published code reaches. The network itself judges what they find.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>Whether adversarial images are also judged as 8-bit images.</summary>
    public bool Quantize { get; init; }

    /// <summary>A share in [0, 1]: ends early once the upper end of the 95 % interval of robust accuracy is below it.</summary>
    public double? StopBelow { get; init; }

    /// <summary>A share in [0, 1]: the program fails unless the lower end of the 95 % interval of robust accuracy reaches it.</summary>
    public double? FailUnder { get; init; }

    /// <summary>The same for balanced robust accuracy.</summary>
    public double? FailUnderBalanced { get; init; }

    /// <summary>A model that attacks with gradients are made on instead, to be tried on the one that is measured.</summary>
    public string? Surrogate { get; init; }

    /// <summary>The surrogate's architecture; null to take the file's word.</summary>
    public string? SurrogateArchitecture { get; init; }

    /// <summary>A line for each attack that does not exist in the norm.</summary>
    public IEnumerable<string> ValidateNorms() => Attacks.Select(name => Catalog.ValidateNorm(name, Threat.Norm)).OfType<string>();

    /// <inheritdoc/>
    public override IEnumerable<string> Validate(string prefix = "")
    {
        foreach (var problem in base.Validate(prefix)) yield return problem;
        foreach (var name in Attacks)
        {
            if (Catalog.ValidateName("attack", name, Catalog.Attacks) is { } unknown) yield return unknown;
        }
        foreach (var duplicate in Attacks.CountBy(a => a)
            .Where(a => a.Value > 1)) yield return $"attack '{duplicate.Key}' is named twice: it would try the same again";
        if (Attacks.All(Catalog.Attacks.ContainsKey) && Catalog.ValidateBudget(Budget, Attacks) is { } unused) yield return unused;
        if (StopBelow is not null && Attacks.Count == 0) yield return $"{prefix}stop-below has no use without an attack";
        if (StopBelow > FailUnder)
            yield return FormattableString.Invariant(
                $"{prefix}stop-below {StopBelow} exceeds {prefix}fail-under {FailUnder}: what ends early could pass without a whole measurement");
        if (Surrogate is null && SurrogateArchitecture is not null) yield return $"{prefix}surrogate-model needs {prefix}surrogate";
    }
}
