using Arow.Attacks;
using Arow.Models.Execution;
using Arow.Registry;

namespace Arow.Evaluation;

/// <summary>
/// The options of an evaluation, without the weights. The names on the command line and in study files are in
/// <see cref="EvaluationSettings"/>.
/// </summary>
public sealed record EvaluationOptions : MeasurementOptions
{
    /// <summary>The attacks: names of the Catalog, in order; none for clean accuracy alone.</summary>
    public IReadOnlyList<string> Attacks { get; init; } = ["pgd20"];

    /// <summary>The budget of the attacks.</summary>
    public AttackBudget Budget { get; init; } = AttackBudget.Default;

    /// <summary>The source of the attacks' random numbers.</summary>
    public Randomness Randomness { get; init; }

    /// <summary>
    /// The attacked function: the network itself (exact), or a faster form of it, also in float32,
    /// from folded copies (fast). Auto is fast if the network is of the Catalog, but exact with published randomness, which
    /// reproduces published code. The network itself classifies the adversarial images.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>Whether adversarial images are also classified after rounding to 8 bits.</summary>
    public bool Quantize { get; init; }

    /// <summary>A share in [0, 1]: ends early once the upper end of the 95 % interval of robust accuracy is below it.</summary>
    public double? StopBelow { get; init; }

    /// <summary>A share in [0, 1]: the program fails unless the lower end of the 95 % interval of robust accuracy reaches it.</summary>
    public double? FailUnder { get; init; }

    /// <summary>The same for balanced robust accuracy.</summary>
    public double? FailUnderBalanced { get; init; }

    /// <summary>The surrogate that attacks with gradients run on; their images are then classified by the evaluated model.</summary>
    public string? Surrogate { get; init; }

    /// <summary>The surrogate's architecture; null to read it from the file.</summary>
    public string? SurrogateArchitecture { get; init; }

    /// <summary>Returns a line for each attack that does not exist in the norm.</summary>
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
            .Where(a => a.Value > 1)) yield return $"attack '{duplicate.Key}' is given twice";
        if (Attacks.All(Catalog.Attacks.ContainsKey) && Catalog.ValidateBudget(Budget, Attacks) is { } unused) yield return unused;
        if (StopBelow is not null && Attacks.Count == 0) yield return $"{prefix}stop-below needs an attack";
        if (StopBelow > FailUnder)
            yield return FormattableString.Invariant(
                $"{prefix}stop-below {StopBelow} exceeds {prefix}fail-under {FailUnder}: an early end could pass without a complete evaluation");
        if (Surrogate is null && SurrogateArchitecture is not null) yield return $"{prefix}surrogate-model needs {prefix}surrogate";
    }
}
