using Arow.Attacks;

namespace Arow.Objectives;

/// <summary>
/// An objective with another weight, another divergence, or its weight detached: (supervised + factor · D · w).mean(),
/// where all that is not exchanged is the source's own.
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
    public Tensor Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var (supervised, λ, D, w, helper) = Parts;
        var (z, zAdv) = (f(x), f(xAdv));
        var batch = new Seen(f, x, xAdv, y, z, zAdv);
        var loss = supervised(batch) + λ * D.Of(z, zAdv) * w.Of(z, zAdv, y);
        if (helper is not null) loss += helper(batch);
        return loss.mean().MoveToOuterDisposeScope();
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
