using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>
/// A loss that does not rise along projected gradient ascent. The loss is the margin, which float32 resolves where
/// cross-entropy is zero already.
/// </summary>
internal static class MarginAlongPgd
{
    private const int Most = 16, Steps = 10;
    private const double ShareThatMatters = 0.1;

    /// <summary>Perturbations so small that they vanish in the rounding of a pixel prove nothing.</summary>
    private const double Smallest = 1e-5;

    public static Finding? Find(Probe probe)
    {
        if (probe.Attacks.Count == 0 || !probe.HasGradients || probe.PlacesRight.Count == 0) return null;
        var threat = probe.Attacks[0].Threat;
        if (threat.Epsilon < Smallest) return null;

        using var scope = NewDisposeScope();
        var count = Math.Min(Most, probe.PlacesRight.Count);
        var (x, y) = (probe.XRight[..count], probe.YRight[..count]);
        var before = Losses.Margin(probe.F(x), y);
        var (xAdv, least) = (x, before);
        for (var step = 0; step < Steps; step++)
        {
            using var iteration = NewDisposeScope();
            var g = InputGradient.Of(probe.F, z => -Losses.Margin(z, y), xAdv);
            xAdv = threat.Project(threat.Ascend(xAdv, g, threat.Epsilon / 4), x).MoveToOuterDisposeScope();
            least = least.minimum(Losses.Margin(probe.F(xAdv), y)).MoveToOuterDisposeScope();
        }
        var stuck = Probe.At([.. probe.PlacesRight.Take(count)], least >= before);
        return stuck.Count <= ShareThatMatters * count ? null : Finding.Warning(
            "loss-does-not-rise",
            $"Ten steps of projected gradient ascent do not raise the loss at {Checks.Of(stuck.Count, count)}.",
            "Gradients do not lead anywhere: they are zero, too small for float32, or do not belong to the function that predicts (rounding, clipping or a search in the forward pass). White-box attacks then find little whatever the model's robustness: look at what square finds, attack a smooth stand-in of the model's first step, or transfer.",
            stuck);
    }
}
