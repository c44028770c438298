namespace Arow.Attacks;

/// <summary>How the elastic-net attack selects the nearest of its misclassified images.</summary>
public enum DecisionRule
{
    /// <summary>The image of the least L1 distance.</summary>
    L1,

    /// <summary>The image of the least β‖x' − x‖₁ + ‖x' − x‖₂².</summary>
    ElasticNet,
}
