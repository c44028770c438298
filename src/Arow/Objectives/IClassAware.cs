namespace Arow.Objectives;

/// <summary>
/// An objective that looks at what is predicted for a class on average (Cui et al. 2024, IKL): bound once a batch. Unbound it takes
/// all classes for equally likely, which is how training begins.
/// </summary>
public interface IClassAware : IObjective
{
    /// <summary>Whether it does look; without that no means have to be taken.</summary>
    bool DependsOnClassMeans => true;

    /// <summary>The objective for one batch.</summary>
    /// <param name="means">[N, K], rows of sum one: the mean prediction for images of each sample's class.</param>
    IObjective WithClassMeans(Tensor means);
}
