using Arow.Attacks;
using static Arow.Losses;

namespace Arow.Objectives;

/// <summary>
/// Geometry-aware instance-reweighted adversarial training (Zhang et al. 2021): adversarial training that weighs most
/// the samples which fall to the attack first.
/// </summary>
/// <param name="Smoothing">α in [0, 1), the label smoothing.</param>
public sealed record GairAt(double Smoothing = 0) : IGeometryAware, INeedsClass
{
    private Tensor? Withstood { get; init; }
    private int Steps { get; init; }

    /// <inheritdoc/>
    public Goal? Goal { get; init; } = Goal.CrossEntropy;

    /// <inheritdoc/>
    public IObjective At(Tensor withstood, int steps) => this with { Withstood = withstood, Steps = steps };

    /// <inheritdoc/>
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        var z = f(xAdv);
        return (GeometryWeight.Of(Withstood, Steps, z) * CrossEntropy(z, y, Smoothing)).mean();
    }
}
