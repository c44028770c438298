using Arow.Attacks;

namespace Arow.Objectives;

/// <summary>An objective of the Catalog and the values that it was published with.</summary>
/// <param name="Lambda">λ; null if it has none.</param>
/// <param name="Smoothing">α; null if it has none.</param>
/// <param name="Create">From λ and α to the objective.</param>
public sealed record Method(double? Lambda, double? Smoothing, Func<double, double, IObjective> Create)
{
    /// <summary>The goals of attacks that look at the class: all that a method without a divergence can ask for.</summary>
    public static readonly IReadOnlyList<AttackLoss> ErrorLosses = [AttackLoss.CrossEntropy, AttackLoss.Margin];

    /// <summary>What its attack may maximise.</summary>
    public IReadOnlyList<AttackLoss> AttackLosses { get; init; } = AttackLoss.All;

    /// <summary>γ, how much a helper network counts; null if there is none to weigh.</summary>
    public double? Gamma { get; init; }

    /// <summary>Steps of the attack.</summary>
    public int AttackSteps { get; init; } = 10;

    /// <summary>Length of its steps, in ε.</summary>
    public double StepShare { get; init; } = 0.25;

    /// <summary>k of N-FGSM, the size of its noise in ε; null for an attack that stays in the ball.</summary>
    public double? AttackNoise { get; init; }

    /// <summary>τ of an attack that stops early (FAT); null to take every step.</summary>
    public int? EarlyStop { get; init; }

    /// <summary>How often each batch is gone through, the attack riding on it (free adversarial training); null for an attack of its own.</summary>
    public int? Replays { get; init; }
}
