namespace Arow.Attacks;

/// <summary>
/// Looks for images near given ones that a classifier gets wrong. It sees the classifier only as a function; the
/// classifier's mode is its giver's business.
/// </summary>
public interface IAttack
{
    /// <summary>How tables and rows call it: <c>pgd20</c>.</summary>
    string Name { get; }

    /// <summary>The perturbations that it may use.</summary>
    ThreatModel Threat { get; }

    /// <summary>
    /// What it has to see of the classifier: for anything but <see cref="Access.Gradients"/> it takes no gradient, so that
    /// it attacks models that have none.
    /// </summary>
    Access Needs { get; }

    /// <summary>
    /// One image for every given one, in the threat model's ball around it and in [0, 1]: detached, of the same shape,
    /// type and device, in the caller's dispose scope. Zero ε returns the images.
    /// </summary>
    /// <param name="f">The classifier, in evaluation mode.</param>
    /// <param name="x">[N, C, H, W], pixels in [0, 1].</param>
    /// <param name="y">[N], int64, true classes.</param>
    /// <param name="noise">All its randomness, with one row for each image.</param>
    Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise);

    /// <summary>
    /// What an image that withstands to the end costs, in passes through the classifier, a backward pass counted as two: for
    /// the time that is left, which needs no more than the order of it.
    /// </summary>
    /// <param name="classes">How many classes the classifier tells apart.</param>
    long Passes(int classes) => 1;

    /// <summary>
    /// Whether a count of the calls and gradients that it takes shows all its passes: false where it takes several gradients of one
    /// forward pass, or runs on another model. What such an attack takes says nothing of what a pass takes.
    /// </summary>
    bool PassesAreObservable => true;

    /// <summary>The same attack in another writing; itself where its published code does not depart from the algorithm.</summary>
    /// <param name="fidelity">Which.</param>
    IAttack With(Fidelity fidelity) => this;

    /// <summary>What a report has to add where there are few classes: one sentence each on what was done in place of what.</summary>
    /// <param name="classes">How many classes the classifier tells apart.</param>
    IReadOnlyList<string> Notes(int classes) => [];
}
