using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>Verifies adversarial images independently of the attack.</summary>
internal static class PerturbationVerifier
{
    /// <summary>Returns the norms in float64, all within the threat model up to the rounding of float32 pixels.</summary>
    /// <param name="attack">The attack.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="xAdv">[N, C, H, W].</param>
    /// <param name="indices">The images' indices in the whole set, for messages.</param>
    /// <exception cref="InvalidOperationException">An image is outside of the ball or the box: the attack is at fault.</exception>
    public static double[] Verify(IAttack attack, Tensor x, Tensor xAdv, IReadOnlyList<long> indices)
    {
        using var scope = NewDisposeScope();
        var norm = ToDoubles(attack.Threat.Distance(xAdv, x));
        var lowest = ToDoubles(xAdv.flatten(1).amin([1]));
        var highest = ToDoubles(xAdv.flatten(1).amax([1]));
        var allowed = attack.Threat.Epsilon + attack.Threat.Rounding(x[0].numel());
        for (var i = 0; i < norm.Length; i++)
        {
            if (!(norm[i] <= allowed))
                throw new InvalidOperationException($"{attack.Name} moved image {indices[i]} by {norm[i]:g6}, beyond {attack.Threat}");
            if (!(lowest[i] >= 0 && highest[i] <= 1))
                throw new InvalidOperationException(
                    $"{attack.Name} left [0, 1] at image {indices[i]}: pixels from {lowest[i]:g6} to {highest[i]:g6}");
        }
        return norm;
    }

    private static double[] ToDoubles(Tensor t) => t.to(ScalarType.Float64).cpu().data<double>().ToArray();
}
