namespace Arow.Attacks;

/// <summary>Which of the misclassified images that the elastic-net attack meets is the nearest.</summary>
public enum DecisionRule
{
    /// <summary>The one at the least L1 distance.</summary>
    L1,

    /// <summary>The one with the least β‖x' − x‖₁ + ‖x' − x‖₂².</summary>
    ElasticNet,
}
