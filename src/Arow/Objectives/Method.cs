using Arow.Attacks;

namespace Arow.Objectives;

/// <summary>An objective of the Catalog with its published defaults.</summary>
/// <param name="Lambda">λ; null if it has none.</param>
/// <param name="Smoothing">α; null if it has none.</param>
/// <param name="Create">From λ and α to the objective.</param>
public sealed record Method(double? Lambda, double? Smoothing, Func<double, double, IObjective> Create)
{
    /// <summary>The attack losses that use the class: those of methods without a divergence.</summary>
    public static readonly IReadOnlyList<AttackLoss> ErrorLosses = [AttackLoss.CrossEntropy, AttackLoss.Margin];

    /// <summary>The losses that its attack may maximize.</summary>
    public IReadOnlyList<AttackLoss> AttackLosses { get; init; } = AttackLoss.All;

    /// <summary>γ, the weight of the helper term; null for none.</summary>
    public double? Gamma { get; init; }

    /// <summary>Steps of the attack.</summary>
    public int AttackSteps { get; init; } = 10;

    /// <summary>Step size of the attack, in ε.</summary>
    public double StepShare { get; init; } = 0.25;

    /// <summary>k of N-FGSM, the size of its noise in ε; null for an attack that stays in the ball.</summary>
    public double? AttackNoise { get; init; }

    /// <summary>τ of an attack that stops early (FAT); null to take every step.</summary>
    public int? EarlyStop { get; init; }

    /// <summary>Passes over each batch, which also update the perturbation (free adversarial training); null for a separate attack.</summary>
    public int? Replays { get; init; }
}
