
namespace Arow.Evaluation.Checks;

/// <summary>A model without gradients.</summary>
internal static class NoGradients
{
    public static Finding? Find(ModelCheckContext context) => context.HasGradients ? null : new Finding(
        "no-gradients",
        context.Attacks.Any(a => a.Needs == Access.Gradients) ? FindingLevel.Warning : FindingLevel.Note,
        "No gradient flows from the model's output to the pixels.",
        "Attacks that need gradients find nothing. Attacks without gradients (square, hopskipjump, transfer from another model) give a loose upper "
            + "bound, which is not comparable with the robust accuracy of models that are attacked with gradients.",
        []);
}
