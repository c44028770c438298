using Arow.Attacks;

namespace Arow.Evaluation.Checks;

/// <summary>Output that differs from one pass to the next (check 1 of the published tool).</summary>
internal static class RandomOutput
{
    public static Finding? Find(ModelCheckContext context) => context.Varying.Count == 0 ? null : Finding.Warning(
        "random-output",
        $"The logits of {FindingChecks.DescribeCount(context.Varying.Count, context.Indices.Count)} differ between five passes over the same pixels.",
        $"The model is random (dropout left on, noise added). {Advice(context.Attacks)}, and make sure that the model is in evaluation mode. "
            + $"Evaluations with other batches will differ.",
        context.Varying);

    private static string Advice(IReadOnlyList<IAttack> attacks) => attacks.All(a => a is Apgd { EotSamples: > 1 })
        ? "The attacks average gradients over draws, as they should; an image counts as turned by one draw: repeat with other seeds"
        : "Attacks that follow one draw of it are weak: use --attack autoattack-rand, which averages gradients over draws";
}
