
namespace Arow.Evaluation.Checks;

/// <summary>A model that gives no gradients.</summary>
internal static class NoGradients
{
    public static Finding? Find(ModelCheckContext context) => context.HasGradients ? null : new Finding(
        "no-gradients",
        context.Attacks.Any(a => a.Needs == Access.Gradients) ? FindingLevel.Warning : FindingLevel.Note,
        "No gradient finds its way from the model's output to the pixels.",
        "Attacks that need gradients find nothing on it. Attacks without (square, hopskipjump, transfer from another model) give a loose upper "
            + "bound, not to be compared with the robust accuracy of models attacked through gradients.",
        []);
}
