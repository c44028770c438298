namespace Arow;

/// <summary>How much of a classifier is seen: what a model gives, and what an attack needs. Each value includes those after it.</summary>
public enum Access
{
    /// <summary>Gradients of the logits with respect to the pixels: the attack calls backward.</summary>
    Gradients,

    /// <summary>The logits, to compare them: a model without gradients will do, if its scores are told.</summary>
    Scores,

    /// <summary>The predicted class alone, the index of the largest logit.</summary>
    Labels,
}
