namespace Arow.Attacks;

/// <summary>Where the published code of APGD departs from the algorithm: here the algorithm, in <see cref="PublishedApgdRules"/> the code.</summary>
internal abstract class ApgdRules
{
    private static readonly ApgdRules Corrected = new Algorithm(), Published = new PublishedApgdRules();

    /// <summary>The rules of a fidelity.</summary>
    public static ApgdRules For(Fidelity fidelity) => fidelity == Fidelity.Published ? Published : Corrected;

    /// <summary>Which points take the place of the results so far: [N], bool.</summary>
    /// <param name="misclassified">Whether the point is misclassified, [N], bool.</param>
    /// <param name="margin">The margin at the point, [N].</param>
    /// <param name="least">The margin of the result so far, [N].</param>
    public virtual Tensor IsBetter(Tensor misclassified, Tensor margin, Tensor least) => margin < least;

    /// <summary>What the first step's value of the goal is compared with, to tell whether it rose: [N].</summary>
    /// <param name="values">The goal at the start, [N].</param>
    public virtual Tensor ValuesBefore(Tensor values) => values.clone();

    /// <summary>The projection of z = x + d onto the L1 ball and the box.</summary>
    public virtual Tensor ProjectL1(ThreatModel threat, Tensor x, Tensor z, Tensor d) => threat.Project(z, x);

    /// <summary>Called before each of the balls that a start comes through from outside.</summary>
    public virtual void BeginBall(Tensor x, Noise noise)
    {
    }

    private sealed class Algorithm : ApgdRules;
}
