namespace Arow.Attacks;

/// <summary>
/// Searches for misclassified images near given ones. An attack sees the classifier only as a function; the caller sets
/// the mode (evaluation or training) of the model.
/// </summary>
/// <example>
/// <code>
/// IAttack attack = Pgd.Standard(ThreatModel.Default, steps: 20);
/// using var scope = torch.NewDisposeScope();
/// var xAdv = attack.Perturb(f, x, y, Noise.Keyed(seed: 0, samples: indices));
/// </code>
/// </example>
public interface IAttack
{
    /// <summary>The name in tables and rows, such as <c>pgd20</c>.</summary>
    string Name { get; }

    /// <summary>The perturbations allowed.</summary>
    ThreatModel Threat { get; }

    /// <summary>
    /// The access to the classifier that the attack needs. With anything but <see cref="Access.Gradients"/> it computes no
    /// gradient, so that it runs on models without gradients.
    /// </summary>
    Access Needs { get; }

    /// <summary>
    /// Returns one image for each given one, in the ball of the threat model around it and in [0, 1]: detached, of the same
    /// shape, type and device, in the caller's dispose scope. With ε = 0 it returns the given images.
    /// </summary>
    /// <param name="f">The classifier, in evaluation mode.</param>
    /// <param name="x">[N, C, H, W], pixels in [0, 1].</param>
    /// <param name="y">[N], int64, true classes.</param>
    /// <param name="noise">The source of all randomness, with one row for each image.</param>
    Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise);

    /// <summary>
    /// The cost of an image that is robust to the end, in forward passes; a backward pass counts as two. It serves to
    /// estimate the remaining time, for which the order of magnitude is enough.
    /// </summary>
    /// <param name="classes">The number of classes.</param>
    long Passes(int classes) => 1;

    /// <summary>
    /// Whether counts of calls and gradients show all passes. False for attacks that compute several gradients from one
    /// forward pass, or that run on another model: their time says nothing about the time of a pass.
    /// </summary>
    bool PassesAreObservable => true;

    /// <summary>Returns the version of the attack for a fidelity; the attack itself if its published code follows the algorithm.</summary>
    /// <param name="fidelity">The algorithm or the published code.</param>
    IAttack With(Fidelity fidelity) => this;

    /// <summary>Returns notes for reports on adaptations to few classes, one sentence each.</summary>
    /// <param name="classes">The number of classes.</param>
    IReadOnlyList<string> Notes(int classes) => [];
}
