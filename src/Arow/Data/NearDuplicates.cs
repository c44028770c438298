namespace Arow.Data;

/// <summary>An extra image that is nearly identical to a test image.</summary>
/// <param name="Extra">Index of the extra image.</param>
/// <param name="Test">Index of the test image.</param>
/// <param name="Similarity">Correlation of their pixels, in [<see cref="NearDuplicates.Threshold"/>, 1].</param>
/// <param name="Mirrored">Whether one is mirrored.</param>
internal sealed record NearDuplicate(long Extra, long Test, double Similarity, bool Mirrored);

/// <summary>
/// Finds test images among extra images, including mirrored ones, changed brightness or contrast, and lossy compression; not shifted
/// or cropped ones. All pairs are compared by grey 8x8 thumbnails, the most similar then pixel by pixel.
/// </summary>
internal static class NearDuplicates
{
    /// <summary>Correlation of mean-free pixels from which two images count as the same.</summary>
    public const double Threshold = 0.98;

    private const int Thumbnail = 8, Candidates = 3, Chunk = 1024;

    /// <summary>Returns the best match of each extra image that has one.</summary>
    /// <param name="extra">[N, C, H, W], uint8.</param>
    /// <param name="tests">[M, C, H, W], uint8.</param>
    public static IReadOnlyList<NearDuplicate> Find(Tensor extra, Tensor tests)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var found = new List<NearDuplicate>();
        var (n, m) = (extra.shape[0], tests.shape[0]);
        // Mirrored images follow the others.
        var candidates = cat([Thumbnails(tests), Thumbnails(tests.flip(3))]);
        for (var first = 0L; first < n; first += Chunk)
        {
            using var chunk = NewDisposeScope();
            var images = extra.narrow(0, first, Math.Min(Chunk, n - first));
            var likely = F.linear(Thumbnails(images), candidates).topk((int)Math.Min(Candidates, 2 * m), dim: 1).indexes;
            var best = full([images.shape[0]], -1f, device: images.device);
            var bestIndex = zeros([images.shape[0]], ScalarType.Int64, images.device);
            var normalized = NormalizedPixels(images);
            for (var k = 0; k < likely.shape[1]; k++)
            {
                var candidate = likely[.., k];
                var test = tests.index_select(0, candidate.remainder(m));
                var oriented = where((candidate >= m).reshape(-1, 1, 1, 1), test.flip(3), test);
                var similarity = (normalized * NormalizedPixels(oriented)).sum(1);
                bestIndex = where(similarity > best, candidate, bestIndex);
                best = best.maximum(similarity);
            }
            var (values, places) = (best.cpu().data<float>().ToArray(), bestIndex.cpu().data<long>().ToArray());
            for (var i = 0; i < values.Length; i++)
            {
                if (values[i] >= Threshold) found.Add(new NearDuplicate(first + i, places[i] % m, Math.Min(1, values[i]), places[i] >= m));
            }
        }
        return found;
    }

    private static Tensor Thumbnails(Tensor images) =>
        Normalize(F.adaptive_avg_pool2d(ImageSet.ToPixels(images).mean([1], keepdim: true), Thumbnail).flatten(1));

    private static Tensor NormalizedPixels(Tensor images) => Normalize(ImageSet.ToPixels(images).flatten(1));

    /// <summary>Subtracts the mean and normalizes to length one; a constant image, which matches everything and nothing, becomes zero.</summary>
    private static Tensor Normalize(Tensor rows)
    {
        var centred = rows - rows.mean([1], keepdim: true);
        var length = centred.square().sum(1, keepdim: true).sqrt();
        return where(length > 1e-3 * Math.Sqrt(rows.shape[1]), centred / length.clamp_min(1e-12), zeros_like(centred));
    }
}
