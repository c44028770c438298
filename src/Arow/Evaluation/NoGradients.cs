
namespace Arow.Evaluation;

/// <summary>A model that gives no gradients.</summary>
internal static class NoGradients
{
    public static Finding? Find(Probe probe) => probe.HasGradients ? null : new Finding(
        "no-gradients",
        probe.Attacks.Any(a => a.Needs == Access.Gradients) ? FindingLevel.Warning : FindingLevel.Note,
        "The model's output does not depend on the pixels in a way that gradients can follow.",
        "Only attacks that need no gradients can be run on it (square, hopskipjump, transfer): its robust accuracy is a loose upper bound, not to be compared with that of models attacked through gradients.",
        []);
}
