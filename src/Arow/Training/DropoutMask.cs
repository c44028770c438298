namespace Arow.Training;

/// <summary>The dropout masks of the passes over one batch: of clean images, of adversarial images and of a helper.</summary>
public enum DropoutMask
{
    /// <summary>
    /// The same mask in every pass: a divergence between clean and adversarial predictions then measures the attack's effect, not
    /// dropout's.
    /// </summary>
    Shared,

    /// <summary>Another mask in each pass, as in published code.</summary>
    Independent,
}
