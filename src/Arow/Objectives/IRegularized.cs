namespace Arow.Objectives;

/// <summary>
/// An objective of the common form, supervised + λ · divergence · weight: it is given by its <see cref="Parts"/>, and its loss is theirs.
/// </summary>
public interface IRegularized : IObjective
{
    /// <summary>The equation.</summary>
    Parts Parts { get; }

    /// <inheritdoc/>
    Tensor IObjective.Loss(Classifier f, Tensor x, Tensor xAdv, Tensor y) => Parts.Loss(f, x, xAdv, y);
}
