namespace Arow.Objectives;

/// <summary>
/// An objective that uses the mean predictions of classes (Cui et al. 2024, IKL): bound once a batch. Unbound, it assumes
/// equally likely classes, as at the start of training.
/// </summary>
public interface IClassAware : IObjective
{
    /// <summary>Whether it uses the means; otherwise they need not be computed.</summary>
    bool DependsOnClassMeans => true;

    /// <summary>Returns the objective for one batch.</summary>
    /// <param name="means">[N, K], rows of sum one: the mean prediction for images of each sample's class.</param>
    IObjective WithClassMeans(Tensor means);
}
