using System.Runtime.InteropServices;

namespace Arow.Evaluation.Checks;

/// <summary>A model that computes gradients in its forward pass (check 5 of the published tool, which watches Python's calls).</summary>
internal static class InnerGradients
{
    public static Finding? Find(ModelCheckContext context)
    {
        using var scope = NewDisposeScope();
        var usual = context.F(context.X);
        Tensor? without = null;
        try
        {
            // In inference mode libtorch records nothing, even if the model requests it.
            using var nothing = inference_mode();
            without = context.F(context.X).clone();
        }
        catch (ExternalException)
        {
        }
        var same = without is not null
            && (context.Varying.Count > 0 || (ModelCheckContext.RelativeDistance(usual, without) <= ModelCheckContext.Tolerance).all().item<bool>());
        return same ? null : Finding.Warning(
            "inner-gradients",
            without is null
                ? "The model cannot predict when gradients are not recorded: it seems to compute gradients itself."
                : "The model predicts differently when gradients are not recorded: it seems to compute gradients itself.",
            "It optimizes something for each image (purification, test-time adaptation). Attacks that treat it as a plain function are weak "
                + "against it: attack the optimization too, or transfer from the model without it.",
            context.Indices);
    }
}
