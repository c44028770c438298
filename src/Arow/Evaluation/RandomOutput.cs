using Arow.Attacks;

namespace Arow.Evaluation;

/// <summary>Output that differs from one pass to the next (check 1 of the published tool).</summary>
internal static class RandomOutput
{
    public static Finding? Find(Probe probe) => probe.Varying.Count == 0 ? null : Finding.Warning(
        "random-output",
        $"The logits of {Checks.Of(probe.Varying.Count, probe.Places.Count)} differ between five passes over the same pixels.",
        $"The model is random (dropout left on, noise added). {Advice(probe.Attacks)}, and make sure that the model is in evaluation mode. Evaluations with other batches will differ.",
        probe.Varying);

    private static string Advice(IReadOnlyList<IAttack> attacks) => attacks.All(a => a is Apgd { Looks: > 1 })
        ? "The attacks average gradients over draws, as they should; an image counts as turned by one draw: repeat with other seeds"
        : "Attacks that follow one draw of it are weak: use --attack autoattack-rand, which averages gradients over draws";
}
