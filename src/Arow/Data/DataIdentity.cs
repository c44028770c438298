using System.Security.Cryptography;
using System.Text;

namespace Arow.Data;

/// <summary>
/// Which images a set consists of, wherever and in whatever form they are kept: a folder that was moved, an archive of it and
/// files with other dates have the same identity.
/// </summary>
/// <param name="Images">Their number.</param>
/// <param name="Classes">Names of the classes.</param>
/// <param name="Counts">Images of each class.</param>
/// <param name="Sha256">Hash of pixels, labels and places: see <see cref="Hash"/>. The names are not in it.</param>
public sealed record DataIdentity(int Images, IReadOnlyList<string> Classes, IReadOnlyList<long> Counts, string Sha256)
{
    /// <summary>Bytes that are hashed at once: a span of a tensor ends at 2 GiB.</summary>
    private const long Piece = 1 << 26;

    /// <summary>The identity of a set.</summary>
    public static DataIdentity Of(ImageSet images)
    {
        using var scope = NewDisposeScope();
        return new DataIdentity(
            images.Count, images.Classes, images.Labels.bincount(null, images.Classes.Count).cpu().data<long>().ToArray(), Hash(images));
    }

    /// <summary>SHA-256 of the images' shape, their pixels, labels and places in the whole set.</summary>
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

    /// <summary>Whether it is one: what a damaged file says may not be.</summary>
    internal bool IsWhole => Counts.Count == Classes.Count && Sha256.Length == 2 * SHA256.HashSizeInBytes;

    /// <summary>What differs in the data that there are now: "36 images, not 37 (cat 12, not 13)"; null if they are the same.</summary>
    /// <param name="now">The identity of the data that there are now.</param>
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
            faults.Add($"{(Images == now.Images ? "other numbers of images in the classes" : $"{Images} images, not {now.Images}")} ({ClassNames.Short(classes, "; ")})");
        }
        else if (Sha256 != now.Sha256)
        {
            faults.Add($"content or order of the images, or their labels (SHA-256 {Begin(Sha256)}, not {Begin(now.Sha256)})");
        }
        return faults.Count == 0 ? null : string.Join(", ", faults);
    }

    private static string Begin(string hash) => $"{hash[..Math.Min(8, hash.Length)]}…";
}
