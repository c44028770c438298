namespace Arow.Objectives;

/// <summary>
/// An objective that uses the number of attack steps for which each sample was correct (Zhang et al. 2021, GAIRAT): bound once a batch.
/// Unbound, all samples have the same weight, as at the start of training.
/// </summary>
public interface IGeometryAware : IObjective
{
    /// <summary>Whether it uses the counts; otherwise they need not be computed.</summary>
    bool DependsOnGeometry => true;

    /// <summary>Returns the objective for one batch.</summary>
    /// <param name="correctSteps">κ, [N]: the number of iterates of the attack, including its start, that were classified correctly.</param>
    /// <param name="steps">Steps of the attack: the largest possible κ.</param>
    IObjective WithGeometry(Tensor correctSteps, int steps);
}
