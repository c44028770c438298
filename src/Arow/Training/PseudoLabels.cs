using Arow.Data;
using Arow.Models;

namespace Arow.Training;

/// <summary>Labels of unlabelled images, predicted by a network (Carmon et al. 2019, robust self-training).</summary>
internal static class PseudoLabels
{
    /// <summary>Returns the most probable class of each image and its probability: [N] int64 and [N] float32.</summary>
    /// <param name="network">A network after standard training.</param>
    /// <param name="images">[N, C, H, W], uint8.</param>
    /// <param name="batchSize">Images at a time; no influence on the result.</param>
    /// <param name="progressed">Receives the number of images done.</param>
    /// <param name="stop">Requests a stop.</param>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public static (Tensor Labels, Tensor Confidence) Predict(
        Network network, Tensor images, int batchSize, Action<long>? progressed = null, CancellationToken stop = default)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (f, n) = (network.ForEvaluation(), images.shape[0]);
        var (labels, confidence) = (empty(n, ScalarType.Int64), empty(n));
        for (var first = 0L; first < n; first += batchSize)
        {
            stop.ThrowIfCancellationRequested();
            using var batch = NewDisposeScope();
            var count = Math.Min(batchSize, n - first);
            var p = F.softmax(f(ImageSet.ToPixels(images.narrow(0, first, count).to(network.Device))), 1);
            var (most, which) = p.max(1);
            labels.narrow(0, first, count).copy_(which);
            confidence.narrow(0, first, count).copy_(most);
            progressed?.Invoke(first + count);
        }
        return (labels.MoveToOuterDisposeScope(), confidence.MoveToOuterDisposeScope());
    }
}
