namespace Arow.Bench.Ensemble;

/// <summary>A part of AutoAttack as it was published.</summary>
internal interface IPublishedAttack
{
    /// <summary>One image for every given one; those that could not be turned come back as they were.</summary>
    Tensor Perturb(Tensor x, Tensor y);
}
