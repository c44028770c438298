namespace Arow.Objectives;

/// <summary>
/// An objective that looks at how long each sample withstood the attack (Zhang et al. 2021, GAIRAT): bound once a batch.
/// Unbound it weighs all samples alike, which is how training begins.
/// </summary>
public interface IGeometryAware : IObjective
{
    /// <summary>Whether it does look; without that nothing has to be counted.</summary>
    bool DependsOnGeometry => true;

    /// <summary>The objective for one batch.</summary>
    /// <param name="correctSteps">κ, [N]: how many iterates of the attack, its start included, were classified rightly.</param>
    /// <param name="steps">Steps of the attack: the largest κ there can be.</param>
    IObjective WithGeometry(Tensor correctSteps, int steps);
}
