using System.Runtime.InteropServices;
using Arow.Checkpoints;

namespace Arow.Evaluation.Checks;

/// <summary>Logits of an image that depend on the other images of its batch.</summary>
internal static class BatchDependence
{
    private const int MaximumImages = 8;

    public static Finding? Find(ModelCheckContext context)
    {
        // Undecidable for a random model.
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
                "It may have been exported for one batch size. Attacks run on the remaining robust images, in batches of any size.",
                [context.Indices[0]]);
        }
        var depends = ModelCheckContext.SelectFlagged([.. context.Indices.Take((int)x.shape[0])],
            (ModelCheckContext.RelativeDistance(together, alone) > ModelCheckContext.Tolerance) | (together.argmax(1) != alone.argmax(1)));
        return depends.Count == 0 ? null : Finding.Warning(
            "batch-dependence",
            $"The logits of {FindingChecks.DescribeCount(depends.Count, (int)x.shape[0])} change with the other images of the batch.",
            "Batch normalization may be in training mode, or the model may adapt to its batch. A prediction is then undefined for a single image, and "
                + $"the results depend on {Wording.Current.Setting("batch-size")} and on which images are still robust.",
            depends);
    }
}
