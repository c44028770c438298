namespace Arow.Evaluation.Checks;

/// <summary>Outputs that are probabilities instead of logits (check 2 of the published tool).</summary>
internal static class ProbabilityOutput
{
    public const string Name = "probability-output";

    private const double Tolerance = 1e-5;

    public static Finding? Find(ModelCheckContext context)
    {
        // One-hot labels are not a softmax.
        if (context.Access == Access.Labels) return null;
        using var scope = NewDisposeScope();
        var z = context.F(context.X);
        var probabilities = z.min().item<float>() > -Tolerance && z.max().item<float>() < 1 + Tolerance
            && ((z.sum(1) - 1).abs() < Tolerance).all().item<bool>();
        return !probabilities ? null : Finding.Warning(
            Name,
            "The outputs of all checked images are in [0, 1] and sum to 1: they look like probabilities, not logits.",
            "A final softmax flattens the losses of attacks and so hides adversarial images: evaluate the model without it.",
            context.Indices);
    }
}
