namespace Arow.Attacks;

/// <summary>
/// An attack on a surrogate whose images are tried on another classifier (Papernot et al. 2016). Of that classifier it
/// only sees whether they are misclassified. The broken images are a lower bound on those of an attack with gradients.
/// </summary>
/// <param name="Attack">The attack on the surrogate.</param>
/// <param name="Surrogate">A classifier of the same images and classes, in evaluation mode.</param>
public sealed record Transfer(IAttack Attack, Classifier Surrogate) : IAttack
{
    /// <inheritdoc/>
    public string Name => $"transfer-{Attack.Name}";

    /// <inheritdoc/>
    public ThreatModel Threat => Attack.Threat;

    /// <inheritdoc/>
    public Access Needs => Access.Labels;

    /// <inheritdoc/>
    public long Passes(int classes) => Attack.Passes(classes);

    bool IAttack.PassesAreObservable => false;

    /// <inheritdoc/>
    public Tensor Perturb(Classifier f, Tensor x, Tensor y, Noise noise) => Attack.Perturb(Surrogate, x, y, noise);

    /// <inheritdoc/>
    public IAttack With(Fidelity fidelity) => this with { Attack = Attack.With(fidelity) };

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes(int classes) => Attack.Notes(classes);
}
