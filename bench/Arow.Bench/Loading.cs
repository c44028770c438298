using Arow.Data;

namespace Arow.Bench;

/// <summary>What a batch costs to make: images drawn from the whole set, shifted, mirrored, turned into pixels.</summary>
internal static class Loading
{
    /// <summary>The best of several, each of many batches.</summary>
    public static Reading Measure(Job job)
    {
        const int Batches = 40;
        using var images = new ImageSet(
            "noise", randint(256, [Batches * job.Batch, job.Input.Channels, job.Input.Height, job.Input.Width], dtype: ScalarType.Byte),
            zeros(Batches * job.Batch, ScalarType.Int64), ["0"]);
        var batches = new Batches(images, job.Batch, seed: 0, new Augmentation(Padding: 4, Flip: true));
        var readings = Enumerable.Range(0, 5).Select(epoch => Reading.Of(() =>
        {
            foreach (var batch in batches.Epoch(epoch)) batch.Images.Dispose();
        })).ToList();
        return new Reading(readings.Min(r => r.Elapsed) / Batches, readings.Min(r => r.Processor) / Batches);
    }
}
