using Arow.Attacks;

namespace Arow.Objectives;

/// <summary>
/// An objective with another weight, another divergence, or its weight detached; all that is not exchanged is the source's
/// own.
/// </summary>
/// <param name="Source">The objective to vary.</param>
/// <param name="Weight">The weight; null for the source's.</param>
/// <param name="Divergence">The divergence; null for the source's.</param>
/// <param name="DetachWeight">Whether the weight is taken as a constant.</param>
public sealed record Recombined(
    IRegularized Source, Weight? Weight = null, Divergence? Divergence = null, bool DetachWeight = false)
    : IRegularized, IGeometryAware, IRandomized, IClassAware
{
    /// <inheritdoc/>
    public Goal? Goal => Source.Goal;

    /// <inheritdoc/>
    public Parts Parts
    {
        get
        {
            var (parts, w) = (Source.Parts, Weight ?? Source.Parts.Weight);
            return parts with { Divergence = Divergence ?? parts.Divergence, Weight = DetachWeight ? w.Detached() : w };
        }
    }

    /// <inheritdoc/>
    public bool Looks => Source is IGeometryAware { Looks: true };

    /// <inheritdoc/>
    public IObjective At(Tensor withstood, int steps) =>
        Source is IGeometryAware aware ? this with { Source = (IRegularized)aware.At(withstood, steps) } : this;

    /// <inheritdoc/>
    public bool LooksAtClasses => Parts.Divergence.Knowing is not null;

    /// <inheritdoc/>
    public IObjective Knowing(Tensor means) => Parts.Divergence.Knowing is { } bind ? this with { Divergence = bind(means) } : this;

    /// <inheritdoc/>
    public IObjective Draw(Noise noise) => Weight?.Draw is { } draw ? this with { Weight = draw(noise) } : this;
}
