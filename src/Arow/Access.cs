namespace Arow;

/// <summary>Access to a classifier: what a model provides, and what an attack needs. Each value includes those after it.</summary>
public enum Access
{
    /// <summary>Gradients of the logits with respect to the pixels: the attack runs backward passes.</summary>
    Gradients,

    /// <summary>The logits: suffices for models without gradients that return scores.</summary>
    Scores,

    /// <summary>Only the predicted class, the index of the largest logit.</summary>
    Labels,
}
