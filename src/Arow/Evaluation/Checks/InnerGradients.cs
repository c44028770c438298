using System.Runtime.InteropServices;

namespace Arow.Evaluation.Checks;

/// <summary>A model that computes gradients to make a prediction (check 5 of the published tool, which watches Python's calls).</summary>
internal static class InnerGradients
{
    public static Finding? Find(ModelCheckContext context)
    {
        using var scope = NewDisposeScope();
        var usual = context.F(context.X);
        Tensor? without = null;
        try
        {
            // Where libtorch records nothing, whatever the model asks for.
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
                ? "The model cannot make a prediction where gradients are not recorded: it seems to compute gradients itself."
                : "The model predicts otherwise where gradients are not recorded: it seems to compute gradients itself.",
            "It optimises something for each image (purification, adaptation at test time). Attacks that treat it as a plain function are weak "
                + "against it: attack the optimisation too, or transfer from the model without it.",
            context.Indices);
    }
}
