namespace Arow.Attacks;

/// <summary>
/// N-FGSM (de Jorge et al. 2022, "Make Some Noise"): one step up the goal's gradient from a point of a larger ball, which is
/// not projected back, so that fast training does not overfit to the attack. For training alone: its images lie farther out
/// than those that a classifier is to withstand.
/// </summary>
/// <param name="Within">The perturbations that the classifier is to withstand, of size ε.</param>
/// <param name="Goal">What is maximised; cross-entropy as published.</param>
/// <param name="StepSize">α, the length of the step; ε as published.</param>
/// <param name="NoiseSize">k ≥ 0, the size of the noise in ε; 2 as published.</param>
public sealed record NoisyFgsm(ThreatModel Within, Goal Goal, double StepSize, double NoiseSize) : IAttack
{
    /// <summary>k as published.</summary>
    public const double PublishedNoise = 2;

    /// <inheritdoc/>
    public string Name => "n-fgsm";

    /// <summary>All that noise and step reach together: k ε + α.</summary>
    public ThreatModel Threat => Within with { Epsilon = NoiseSize * Within.Epsilon + StepSize };

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => 3;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var noisy = Within with { Epsilon = NoiseSize * Within.Epsilon };
        var xη = noisy.Begin(x, Start.Uniform, noise.Stream(0));
        var g = InputGradient.Of(f, Goal.Bind(f, x, y), xη);
        // Nothing lies outside of the ball of both: it is the box alone that binds.
        return Threat.Project(Threat.Ascend(xη, g, StepSize), x).MoveToOuterDisposeScope();
    }
}
