using System.Security.Cryptography;
using System.Text;
using Arow.Classes;

namespace Arow.Data;

/// <summary>
/// Identity of the images of a set, independent of where and how they are stored: a moved folder, an archive of it and files with
/// other dates have the same identity.
/// </summary>
/// <param name="Images">Number of images.</param>
/// <param name="Classes">Class names.</param>
/// <param name="Counts">Images per class.</param>
/// <param name="Sha256">Hash of pixels, labels and indices: see <see cref="ComputeHash"/>. Class names are not included.</param>
internal sealed record DataIdentity(int Images, IReadOnlyList<string> Classes, IReadOnlyList<long> Counts, string Sha256)
{
    /// <summary>Bytes hashed at once: a span of a tensor is limited to 2 GiB.</summary>
    private const long BlockBytes = 1 << 26;

    /// <summary>Computes the identity of a set.</summary>
    public static DataIdentity Compute(ImageSet images)
    {
        using var scope = NewDisposeScope();
        return new DataIdentity(
            images.Count, images.Classes, images.Labels.bincount(null, images.Classes.Count).cpu().data<long>().ToArray(), ComputeHash(images));
    }

    /// <summary>Computes the SHA-256 of the images' shape, pixels, labels and indices.</summary>
    public static string ComputeHash(ImageSet images)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{images.Count}x{images.Channels}x{images.Height}x{images.Width}"));
        var block = Math.Max(1, BlockBytes / Math.Max(1, (long)images.Channels * images.Height * images.Width));
        for (var first = 0L; first < images.Count; first += block)
        {
            using var scope = NewDisposeScope();
            hash.AppendData(images.Gather(first, Math.Min(block, images.Count - first)).cpu().contiguous().bytes);
        }
        foreach (var part in (Tensor[])[images.Labels, images.Indices])
        {
            var (all, bytes) = (part.shape[0], Math.Max(1, part.numel() / Math.Max(1, part.shape[0]) * part.element_size()));
            var rows = Math.Max(1, BlockBytes / bytes);
            for (var first = 0L; first < all; first += rows)
            {
                using var scope = NewDisposeScope();
                hash.AppendData(part.narrow(0, first, Math.Min(rows, all - first)).cpu().contiguous().bytes);
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Whether the identity is well-formed; one read from a damaged file may not be.</summary>
    internal bool IsValid => Counts.Count == Classes.Count && Sha256.Length == 2 * SHA256.HashSizeInBytes;

    /// <summary>Describes how the current data differs: "36 images, not 37 (cat 12, not 13)"; null if it is the same.</summary>
    /// <param name="current">Identity of the current data.</param>
    public string? DescribeDifference(DataIdentity current)
    {
        var differences = new List<string>();
        if (!Classes.SequenceEqual(current.Classes))
        {
            differences.Add($"classes {ClassNames.Summarize(Classes)}, not {ClassNames.Summarize(current.Classes)}");
            if (Images != current.Images) differences.Add($"{Images} images, not {current.Images}");
        }
        else if (!Counts.SequenceEqual(current.Counts))
        {
            string[] classes = [.. Classes.Select((name, k) => (name, k)).Where(c => Counts[c.k] != current.Counts[c.k])
                .Select(c => $"{c.name} {Counts[c.k]}, not {current.Counts[c.k]}")];
            differences.Add($"{(Images == current.Images ? "different numbers of images per class" : $"{Images} images, not {current.Images}")} "
                + $"({ClassNames.Summarize(classes, "; ")})");
        }
        else if (Sha256 != current.Sha256)
        {
            differences.Add($"content or order of the images, or their labels (SHA-256 {Abbreviate(Sha256)}, not {Abbreviate(current.Sha256)})");
        }
        return differences.Count == 0 ? null : string.Join(", ", differences);
    }

    private static string Abbreviate(string hash) => $"{hash[..Math.Min(8, hash.Length)]}…";
}
