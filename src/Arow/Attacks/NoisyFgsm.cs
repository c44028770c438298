namespace Arow.Attacks;

/// <summary>
/// N-FGSM (de Jorge et al. 2022, "Make Some Noise"): one step along the gradient of the loss from a random point of a
/// larger ball, without projection, so that fast training does not overfit to the attack. For training only: its images
/// may lie outside the ball of the threat model.
/// </summary>
/// <param name="TrainingThreat">The threat model that the classifier is trained for, of radius ε.</param>
/// <param name="Loss">The loss that is maximised; cross-entropy as published.</param>
/// <param name="StepSize">α, the length of the step; ε as published.</param>
/// <param name="NoiseSize">k ≥ 0, the size of the noise in units of ε; 2 as published.</param>
public sealed record NoisyFgsm(ThreatModel TrainingThreat, AttackLoss Loss, double StepSize, double NoiseSize) : IAttack
{
    /// <summary>k as published.</summary>
    public const double PublishedNoiseSize = 2;

    /// <inheritdoc/>
    public string Name => "n-fgsm";

    /// <summary>The largest perturbation by noise and step together: k ε + α.</summary>
    public ThreatModel Threat => TrainingThreat with { Epsilon = NoiseSize * TrainingThreat.Epsilon + StepSize };

    /// <inheritdoc/>
    public Access Needs => Access.Gradients;

    /// <inheritdoc/>
    public long Passes(int classes) => 3;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise)
    {
        using var scope = NewDisposeScope();
        var noisy = TrainingThreat with { Epsilon = NoiseSize * TrainingThreat.Epsilon };
        var xη = noisy.StartPoint(x, Start.Uniform, noise.Stream(0));
        var g = InputGradient.Compute(f, Loss.Bind(f, x, y), xη);
        // Every point is in the ball of noise and step: the projection only clamps to the box.
        return Threat.Project(Threat.Step(xη, g, StepSize), x).MoveToOuterDisposeScope();
    }
}
