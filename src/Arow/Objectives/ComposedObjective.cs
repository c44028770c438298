using Arow.Attacks;

namespace Arow.Objectives;

/// <summary>
/// An objective with another weight, another divergence, or its weight detached; other parts are the base objective's
/// own.
/// </summary>
/// <param name="Base">The objective to vary.</param>
/// <param name="Weight">The weight; null for the base objective's.</param>
/// <param name="Divergence">The divergence; null for the base objective's.</param>
/// <param name="DetachWeight">Whether the weight is treated as a constant.</param>
public sealed record ComposedObjective(
    IRegularized Base, SampleWeight? Weight = null, Divergence? Divergence = null, bool DetachWeight = false)
    : IRegularized, IGeometryAware, IRandomized, IClassAware
{
    /// <inheritdoc/>
    public AttackLoss? AttackLoss => Base.AttackLoss;

    /// <inheritdoc/>
    public ObjectiveTerms Terms
    {
        get
        {
            var (terms, w) = (Base.Terms, Weight ?? Base.Terms.Weight);
            return terms with { Divergence = Divergence ?? terms.Divergence, Weight = DetachWeight ? w.Detach() : w };
        }
    }

    /// <inheritdoc/>
    public bool DependsOnGeometry => Base is IGeometryAware { DependsOnGeometry: true };

    /// <inheritdoc/>
    public IObjective WithGeometry(Tensor correctSteps, int steps) =>
        Base is IGeometryAware aware ? this with { Base = (IRegularized)aware.WithGeometry(correctSteps, steps) } : this;

    /// <inheritdoc/>
    public bool DependsOnClassMeans => Terms.Divergence.BindClassMeans is not null;

    /// <inheritdoc/>
    public IObjective WithClassMeans(Tensor means) => Terms.Divergence.BindClassMeans is { } bind ? this with { Divergence = bind(means) } : this;

    /// <inheritdoc/>
    public IObjective Draw(Noise noise) => Weight?.Draw is { } draw ? this with { Weight = draw(noise) } : this;
}
