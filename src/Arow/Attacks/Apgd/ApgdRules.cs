namespace Arow.Attacks;

/// <summary>
/// The details in which the published code of APGD deviates from the algorithm. This class follows the algorithm,
/// <see cref="PublishedApgdRules"/> the code.
/// </summary>
internal abstract class ApgdRules
{
    private static readonly ApgdRules Corrected = new Algorithm(), Published = new PublishedApgdRules();

    /// <summary>Returns the rules of a fidelity.</summary>
    public static ApgdRules For(Fidelity fidelity) => fidelity == Fidelity.Published ? Published : Corrected;

    /// <summary>Returns which points replace the results so far: [N], bool.</summary>
    /// <param name="misclassified">Whether the point is misclassified, [N], bool.</param>
    /// <param name="margin">The margin at the point, [N].</param>
    /// <param name="lowest">The margin of the result so far, [N].</param>
    public virtual Tensor IsBetter(Tensor misclassified, Tensor margin, Tensor lowest) => margin < lowest;

    /// <summary>Returns the values with which the first step's loss is compared: [N].</summary>
    /// <param name="loss">The loss at the start, [N].</param>
    public virtual Tensor InitialLoss(Tensor loss) => loss.clone();

    /// <summary>Projects z = x + d onto the L1 ball and the box.</summary>
    public virtual Tensor ProjectL1(ThreatModel threat, Tensor x, Tensor z, Tensor d) => threat.Project(z, x);

    /// <summary>Called before each of the balls of decreasing radius.</summary>
    public virtual void BeginBall(Tensor x, Noise noise)
    {
    }

    private sealed class Algorithm : ApgdRules;
}
