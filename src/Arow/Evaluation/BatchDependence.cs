using System.Runtime.InteropServices;
using Arow.Checkpoints;

namespace Arow.Evaluation;

/// <summary>Logits of an image that depend on the images it comes with.</summary>
internal static class BatchDependence
{
    private const int Most = 8;

    public static Finding? Find(Probe probe)
    {
        // Of a random model nobody can tell.
        if (probe.Varying.Count > 0) return null;
        using var scope = NewDisposeScope();
        var x = probe.X[..Math.Min(Most, probe.Places.Count)];
        var together = probe.F(x);
        Tensor alone;
        try
        {
            alone = cat([.. Enumerable.Range(0, (int)x.shape[0]).Select(i => probe.F(x[i..(i + 1)]))]);
        }
        catch (ExternalException fault)
        {
            return Finding.Warning(
                "batch-dependence",
                $"The model fails on a batch of one image: {FirstImages.Reason(fault).TrimEnd('.')}.",
                "It may have been exported for batches of one size. Attacks work on the images still standing, in batches of any size.",
                [probe.Places[0]]);
        }
        var depends = Probe.At([.. probe.Places.Take((int)x.shape[0])], (Probe.Gap(together, alone) > Probe.Tolerance) | (together.argmax(1) != alone.argmax(1)));
        return depends.Count == 0 ? null : Finding.Warning(
            "batch-dependence",
            $"The logits of {Checks.Of(depends.Count, (int)x.shape[0])} change with the images that are in the batch with them.",
            "Batch normalisation may be in training mode, or the model may adapt to its batch. A prediction then has no meaning for one image, and the results depend on --batch-size and on which images still stand.",
            depends);
    }
}
