namespace Arow.Tests.Unit.Attacks;

/// <summary>What attacks on images of odd shapes and in batches cut in every way are tried with.</summary>
internal static class OddShapes
{
    /// <summary>Two layers with a bend between them, computed in float64.</summary>
    public static Classifier Network(int classes, int channels, int h, int w)
    {
        var pixels = channels * h * w;
        var (first, second) = (Reference.Wave([12, pixels], 1.7, 0.2) / Math.Sqrt(pixels), Reference.Wave([classes, 12], 2.3, 0.4));
        return x => F.linear(F.linear((x.to(ScalarType.Float64).flatten(1) - 0.5) * 4, first).tanh(), second).to(x.dtype);
    }

    /// <summary>Each attack in each norm.</summary>
    public static TheoryData<string, Norm> Each(IEnumerable<string> attacks, IEnumerable<Norm> norms)
    {
        var all = new TheoryData<string, Norm>();
        foreach (var attack in attacks)
        {
            foreach (var norm in norms) all.Add(attack, norm);
        }
        return all;
    }

    /// <summary>The adversarial images of one batch, once it is sure that smaller ones and another order come to the same.</summary>
    /// <remarks>For images in float64, so that sums taken in another order cannot turn a sign or a comparison.</remarks>
    public static Tensor InAnyBatch(IAttack attack, Classifier f, Tensor x, Tensor y)
    {
        var n = x.shape[0];
        var inOrder = arange(n, dtype: ScalarType.Int64);
        var together = InChunks(inOrder, 250);
        var shuffled = (inOrder * 7 + 3) % n;
        foreach (var (order, size) in new[] { (inOrder, 1), (inOrder, 7), (shuffled, 250), (shuffled, 7) })
            Assert.True((InChunks(order, size) - together.index_select(0, order)).abs().max().item<double>() < 1e-9);
        return together;

        Tensor InChunks(Tensor order, int size) => cat([.. order.split(size).Select(rows =>
            attack.Perturb(f, x.index_select(0, rows), y.index_select(0, rows), Noise.Keyed(7, rows)))]);
    }
}
