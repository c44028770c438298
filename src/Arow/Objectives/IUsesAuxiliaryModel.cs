namespace Arow.Objectives;

/// <summary>What a helper network is to an objective.</summary>
public enum AuxiliaryModel
{
    /// <summary>A network trained in the ordinary way beforehand, which no longer changes and labels images (HAT).</summary>
    Standard,

    /// <summary>A network that learns along with the classifier, from clean images (LBGAT).</summary>
    Companion,
}

/// <summary>An objective that asks a second network, of which it sees the function alone.</summary>
public interface IUsesAuxiliaryModel : IObjective
{
    /// <summary>Which kind of network it asks.</summary>
    AuxiliaryModel AuxiliaryModel { get; }

    /// <summary>The objective with its helper, without which it has no loss.</summary>
    /// <param name="helper">From images to logits [N, K]: in evaluation mode if standard, in training mode if a companion.</param>
    /// <param name="gamma">γ ≥ 0, how much the help counts; null for the published value.</param>
    IObjective WithAuxiliary(Classifier helper, double? gamma = null);
}
