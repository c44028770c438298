namespace Arow.Objectives;

/// <summary>
/// An objective of the common form, supervised + λ · divergence · weight: it is defined by its <see cref="Terms"/>.
/// </summary>
public interface IRegularized : IObjective
{
    /// <summary>The equation.</summary>
    ObjectiveTerms Terms { get; }

    Tensor IObjective.Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y) => Terms.Loss(f, x, xAdv, y);
}
