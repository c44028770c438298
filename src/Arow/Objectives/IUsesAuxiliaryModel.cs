namespace Arow.Objectives;

/// <summary>The kind of helper network of an objective.</summary>
public enum AuxiliaryModel
{
    /// <summary>A fixed network after standard training, which labels images (HAT).</summary>
    Standard,

    /// <summary>A network that is trained jointly with the classifier, on clean images (LBGAT).</summary>
    Companion,
}

/// <summary>An objective with a helper network, which it uses as a function.</summary>
public interface IUsesAuxiliaryModel : IObjective
{
    /// <summary>The kind of helper network.</summary>
    AuxiliaryModel AuxiliaryModel { get; }

    /// <summary>Returns the objective with its helper, without which it has no loss.</summary>
    /// <param name="helper">From images to logits [N, K]: in evaluation mode if standard, in training mode if a companion.</param>
    /// <param name="gamma">γ ≥ 0, the weight of the helper term; null for the published value.</param>
    IObjective WithAuxiliary(Classifier helper, double? gamma = null);
}
