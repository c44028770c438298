namespace Arow.Training;

/// <summary>Which units dropout leaves out in the passes of one batch, of clean images, of adversarial ones and of a helper's.</summary>
public enum DropoutMask
{
    /// <summary>
    /// The same in every pass: what a divergence between clean and adversarial predictions measures is the attack's work and not
    /// dropout's.
    /// </summary>
    Shared,

    /// <summary>Others in each pass, as published code has it.</summary>
    Independent,
}
