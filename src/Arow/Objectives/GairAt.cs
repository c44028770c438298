using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// Geometry-aware instance-reweighted adversarial training (Zhang et al. 2021): adversarial training that gives the largest weights
/// to the samples that are misclassified first.
/// </summary>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record GairAt(double Smoothing = 0) : IGeometryAware, INeedsClass
{
    private Tensor? CorrectSteps { get; init; }
    private int Steps { get; init; }

    /// <inheritdoc/>
    public AttackLoss? AttackLoss { get; init; } = AttackLoss.CrossEntropy;

    /// <inheritdoc/>
    public IObjective WithGeometry(Tensor correctSteps, int steps) => this with { CorrectSteps = correctSteps, Steps = steps };

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        var z = f(xAdv);
        return (GeometryWeight.Compute(CorrectSteps, Steps, z) * CrossEntropy(z, y, Smoothing)).mean();
    }
}
