using System.Security.Cryptography;
using System.Text;

namespace Arow.Data;

/// <summary>
/// Identity of the images of a set, independent of where and how they are stored: a moved folder, an archive of it and files with
/// other dates have the same identity.
/// </summary>
/// <param name="Images">Number of images.</param>
/// <param name="Classes">Class names.</param>
/// <param name="Counts">Images per class.</param>
/// <param name="Sha256">Hash of pixels, labels and indices: see <see cref="Hash"/>. Class names are not included.</param>
public sealed record DataIdentity(int Images, IReadOnlyList<string> Classes, IReadOnlyList<long> Counts, string Sha256)
{
    /// <summary>Bytes hashed at once: a span of a tensor is limited to 2 GiB.</summary>
    private const long Piece = 1 << 26;

    /// <summary>Computes the identity of a set.</summary>
    public static DataIdentity Of(ImageSet images)
    {
        using var scope = NewDisposeScope();
        return new DataIdentity(
            images.Count, images.Classes, images.Labels.bincount(null, images.Classes.Count).cpu().data<long>().ToArray(), Hash(images));
    }

    /// <summary>Computes the SHA-256 of the images' shape, pixels, labels and indices.</summary>
    public static string Hash(ImageSet images)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('x', images.Images.shape)));
        foreach (var part in (Tensor[])[images.Images, images.Labels, images.Indices])
        {
            var (all, bytes) = (part.shape[0], Math.Max(1, part.numel() / Math.Max(1, part.shape[0]) * part.element_size()));
            var rows = Math.Max(1, Piece / bytes);
            for (var first = 0L; first < all; first += rows)
            {
                using var scope = NewDisposeScope();
                hash.AppendData(part.narrow(0, first, Math.Min(rows, all - first)).cpu().contiguous().bytes);
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Whether the identity is well-formed; one read from a damaged file may not be.</summary>
    internal bool IsWhole => Counts.Count == Classes.Count && Sha256.Length == 2 * SHA256.HashSizeInBytes;

    /// <summary>Describes how the current data differs: "36 images, not 37 (cat 12, not 13)"; null if it is the same.</summary>
    /// <param name="now">Identity of the current data.</param>
    public string? Difference(DataIdentity now)
    {
        var faults = new List<string>();
        if (!Classes.SequenceEqual(now.Classes))
        {
            faults.Add($"classes {ClassNames.Short(Classes)}, not {ClassNames.Short(now.Classes)}");
            if (Images != now.Images) faults.Add($"{Images} images, not {now.Images}");
        }
        else if (!Counts.SequenceEqual(now.Counts))
        {
            string[] classes = [.. Classes.Select((name, k) => (name, k)).Where(c => Counts[c.k] != now.Counts[c.k])
                .Select(c => $"{c.name} {Counts[c.k]}, not {now.Counts[c.k]}")];
            faults.Add($"{(Images == now.Images ? "different numbers of images per class" : $"{Images} images, not {now.Images}")} ({ClassNames.Short(classes, "; ")})");
        }
        else if (Sha256 != now.Sha256)
        {
            faults.Add($"content or order of the images, or their labels (SHA-256 {Begin(Sha256)}, not {Begin(now.Sha256)})");
        }
        return faults.Count == 0 ? null : string.Join(", ", faults);
    }

    private static string Begin(string hash) => $"{hash[..Math.Min(8, hash.Length)]}…";
}
