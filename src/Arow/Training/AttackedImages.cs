namespace Arow.Training;

/// <summary>Some images of a batch under attack, to be shown.</summary>
/// <param name="Rows">Images, perturbations and sums: [3, N, C, H, W], uint8.</param>
/// <param name="Labels">Their classes.</param>
/// <param name="Magnification">Of the perturbations.</param>
internal sealed record AttackedImages(Tensor Rows, IReadOnlyList<long> Labels, int Magnification) : IDisposable
{
    private const int MaximumImages = 8, MaximumWidth = 1024;

    /// <summary>Takes images of a batch, as many as a picture of a thousand pixels has room for, at most eight.</summary>
    /// <param name="x">Images in [0, 1]: [N, C, H, W].</param>
    /// <param name="xAdv">The same under attack.</param>
    /// <param name="y">Their classes.</param>
    public static AttackedImages Take(Tensor x, Tensor xAdv, Tensor y)
    {
        using var scope = NewDisposeScope();
        var count = Math.Min(Math.Clamp(MaximumWidth / x.shape[3], 1, MaximumImages), x.shape[0]);
        var rows = arange(count, device: x.device) * x.shape[0] / count;
        rows = rows.to(ScalarType.Int64);
        var (clean, attacked) = (x.index_select(0, rows), xAdv.index_select(0, rows));
        var perturbation = attacked - clean;
        var largest = perturbation.abs().max().item<float>();
        var magnification = largest > 0 ? Math.Max(1, (int)(0.5 / largest)) : 1;
        var pixels = (stack([clean, 0.5 + magnification * perturbation, attacked]).clamp(0, 1) * byte.MaxValue).round().to(ScalarType.Byte).cpu();
        return new AttackedImages(pixels.DetachFromDisposeScope(), y.index_select(0, rows).cpu().data<long>().ToArray(), magnification);
    }

    public void Dispose() => Rows.Dispose();
}
