namespace Arow.Tests.Unit;

/// <summary>
/// How far a computation is from the exact one beside how far another of the same precision is, over batches. What a network makes of a
/// rounding depends on its weights and on the processor's order of sums; the ratio of both does not.
/// </summary>
internal sealed class RoundingErrors
{
    private readonly List<(double Own, double Expected)> batches = [];

    /// <summary>The root of the ratio of the mean squares; one where the errors are alike.</summary>
    public double Ratio => Math.Sqrt(batches.Average(b => b.Own * b.Own) / batches.Average(b => b.Expected * b.Expected));

    /// <summary>
    /// The ratio of the least. Where errors are of the last bits, a unit that is all but zero and turned on or off by one of them outweighs all
    /// else in its batch, on either side; a layer that is wrong is so in every batch.
    /// </summary>
    public double LeastRatio => batches.Min(b => b.Own) / batches.Min(b => b.Expected);

    /// <summary>Whether there was nothing to compare.</summary>
    public bool IsEmpty => batches.Count == 0;

    /// <summary>Takes in a batch; its errors are in units of the exact result's length.</summary>
    public void Add(Tensor exact, Tensor computed, Tensor expected)
    {
        if (exact.numel() == 0) return;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var right = exact.to(ScalarType.Float64);
        double Error(Tensor t) => ((t.to(ScalarType.Float64) - right).norm() / right.norm()).item<double>();
        batches.Add((Error(computed), Error(expected)));
    }
}
