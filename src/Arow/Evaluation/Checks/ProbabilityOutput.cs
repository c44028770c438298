namespace Arow.Evaluation.Checks;

/// <summary>Output that is a probability for each class, not logits (check 2 of the published tool).</summary>
internal static class ProbabilityOutput
{
    private const double Tolerance = 1e-5;

    public static Finding? Find(ModelCheckContext context)
    {
        // A label told as 1 for its class and 0 for the others is no softmax.
        if (context.Access == Access.Labels) return null;
        using var scope = NewDisposeScope();
        var z = context.F(context.X);
        var probabilities = z.min().item<float>() > -Tolerance && z.max().item<float>() < 1 + Tolerance
            && ((z.sum(1) - 1).abs() < Tolerance).all().item<bool>();
        return !probabilities ? null : Finding.Warning(
            "probability-output",
            "The outputs of every image looked at lie in [0, 1] and sum to 1: they look like probabilities, not logits.",
            "A softmax at the end flattens the losses that attacks follow, and hides how the model can be fooled: evaluate the model without it.",
            context.Indices);
    }
}
