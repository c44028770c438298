using System.Runtime.InteropServices;
using Arow.Checkpoints;

namespace Arow.Evaluation.Checks;

/// <summary>Logits of an image that depend on the images it comes with.</summary>
internal static class BatchDependence
{
    private const int MaximumImages = 8;

    public static Finding? Find(ModelCheckContext context)
    {
        // Of a random model nobody can tell.
        if (context.Varying.Count > 0) return null;
        using var scope = NewDisposeScope();
        var x = context.X[..Math.Min(MaximumImages, context.Indices.Count)];
        var together = context.F(x);
        Tensor alone;
        try
        {
            alone = cat([.. Enumerable.Range(0, (int)x.shape[0]).Select(i => context.F(x[i..(i + 1)]))]);
        }
        catch (ExternalException fault)
        {
            return Finding.Warning(
                "batch-dependence",
                $"The model fails on a batch of one image: {ModelProbe.NativeErrorMessage(fault).TrimEnd('.')}.",
                "It may have been exported for batches of one size. Attacks work on the images still standing, in batches of any size.",
                [context.Indices[0]]);
        }
        var depends = ModelCheckContext.SelectFlagged([.. context.Indices.Take((int)x.shape[0])],
            (ModelCheckContext.RelativeDistance(together, alone) > ModelCheckContext.Tolerance) | (together.argmax(1) != alone.argmax(1)));
        return depends.Count == 0 ? null : Finding.Warning(
            "batch-dependence",
            $"The logits of {FindingChecks.DescribeCount(depends.Count, (int)x.shape[0])} change with the images that are in the batch with them.",
            "Batch normalisation may be in training mode, or the model may adapt to its batch. A prediction then has no meaning for one image, and "
                + "the results depend on --batch-size and on which images still stand.",
            depends);
    }
}
