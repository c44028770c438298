using Arow.Attacks;

namespace Arow.Evaluation.Checks;

/// <summary>Outputs that differ between passes (check 1 of the published tool).</summary>
internal static class RandomOutput
{
    public static Finding? Find(ModelCheckContext context) => context.Varying.Count == 0 ? null : Finding.Warning(
        "random-output",
        $"The logits of {FindingChecks.DescribeCount(context.Varying.Count, context.Indices.Count)} differ between five passes over the same pixels.",
        $"The model is random (dropout left on, noise added). {Advice(context.Attacks)}, and make sure that the model is in evaluation mode. "
            + "Evaluations with other batches will differ.",
        context.Varying);

    private static string Advice(IReadOnlyList<IAttack> attacks) => attacks.All(a => a is Apgd { EotSamples: > 1 })
        ? "The attacks average gradients over EOT samples, as they should; an image counts as broken after one pass: repeat with other seeds"
        : $"Attacks with a single pass per gradient are weak: use {Wording.Current.Setting("attack", "autoattack-rand")}, which averages gradients over "
            + "EOT samples";
}
