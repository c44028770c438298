using System.IO.Compression;
using System.Runtime.InteropServices;
using ICSharpCode.SharpZipLib.Checksum;

namespace Arow.Data;

/// <summary>
/// Images in NumPy's .npz format: an array of bytes named image, images, data or x, [N, H, W, C], [N, C, H, W] or [N, H, W],
/// and one of whole numbers named label, labels or y, [N], which may be absent.
/// </summary>
public static class Npz
{
    private static readonly string[] ImageNames = ["image", "images", "data", "x", "arr_0"];
    private static readonly string[] LabelNames = ["label", "labels", "y", "arr_1"];

    /// <summary>Writes images and their labels, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">[N, C, H, W], uint8; stored as [N, H, W, C], as generated data is.</param>
    /// <param name="labels">[N], int64.</param>
    /// <param name="confidence">[N], float32.</param>
    public static void Write(string path, Tensor images, Tensor labels, Tensor confidence) => WholeFile.Write(path, file =>
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
        var (n, c, h, w) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3]);
        using (var entry = Entry(zip, "image", new NpyHeader("|u1", [n, h, w, c])))
        {
            // A thousand at a time: spans end at 2 GiB.
            for (var first = 0L; first < n; first += 1000)
            {
                using var scope = NewDisposeScope();
                entry.Write(images.narrow(0, first, Math.Min(1000, n - first)).permute(0, 2, 3, 1).contiguous().cpu().bytes);
            }
        }
        using (var entry = Entry(zip, "label", new NpyHeader("<i8", [n]))) entry.Write(Bytes(labels));
        using (var entry = Entry(zip, "confidence", new NpyHeader("<f4", [n]))) entry.Write(Bytes(confidence));
    });

    /// <summary>The images of given size, and their labels where there are some.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">C, H, W.</param>
    /// <param name="rows">From the number of images to those that are wanted, ascending.</param>
    internal static (Tensor Images, Tensor? Labels) Read(string path, long[] shape, Func<long, long[]> rows) =>
        InputFile.Read(path, "an .npz file of images", () =>
        {
            using var zip = ZipFile.OpenRead(path);
            var entry = Find(zip, ImageNames)
                ?? throw new InputException($"{path}: has no array named {string.Join(", ", ImageNames)}; it has {string.Join(", ", zip.Entries.Select(e => Name(e)))}");
            using var stream = Whole(path, entry);
            var header = NpyHeader.Read(stream);
            if (header.Type is not ("|u1" or "<u1" or "u1")) throw new InputException($"{path}: {Name(entry)} is of type {header.Type}; images are of bytes, |u1");
            var channelsLast = Matches(path, header, shape);
            var wanted = rows(header.Shape[0]);
            using var scope = NewDisposeScope();
            var images = Rows(stream, wanted, header.PerRow);
            images = channelsLast
                ? images.reshape([wanted.Length, shape[1], shape[2], shape[0]]).permute(0, 3, 1, 2).contiguous()
                : images.reshape([wanted.Length, .. shape]);
            return (images.MoveToOuterDisposeScope(), Labels(path, zip, header.Shape[0], wanted)?.MoveToOuterDisposeScope());
        });

    /// <summary>The array from its beginning, after it has been read through: .NET checks no CRC, and a header can say anything.</summary>
    private static Stream Whole(string path, ZipArchiveEntry entry)
    {
        var (crc, piece, header) = (new Crc32(), new byte[1 << 16], (NpyHeader?)null);
        using (var stream = entry.Open()) header = NpyHeader.Read(stream);
        using (var stream = entry.Open())
        {
            for (int n; (n = stream.Read(piece)) > 0;) crc.Update(new ArraySegment<byte>(piece, 0, n));
        }
        var elements = header.Shape.Aggregate(1L, (a, b) => checked(a * b));
        return (uint)crc.Value == entry.Crc32 && checked(elements * header.Size) < entry.Length ? entry.Open()
            : throw new InputException($"{path}: {Name(entry)} is damaged");
    }

    private static bool Matches(string path, NpyHeader header, long[] shape)
    {
        long[] each = header.Shape.Length == 3 ? [.. header.Shape.Skip(1), 1] : [.. header.Shape.Skip(1)];
        if (each.SequenceEqual((long[])[shape[1], shape[2], shape[0]])) return true;
        return each.SequenceEqual(shape) ? false : throw new InputException(
            $"{path}: its images are [{string.Join(", ", header.Shape.Skip(1))}], not {string.Join('x', shape)} (channels first or last)");
    }

    private static Tensor? Labels(string path, ZipArchive zip, long count, long[] wanted)
    {
        if (Find(zip, LabelNames) is not { } entry) return null;
        using var stream = Whole(path, entry);
        var header = NpyHeader.Read(stream);
        if (header.Shape.Length != 1 || header.Shape[0] != count)
            throw new InputException($"{path}: {Name(entry)} is [{string.Join(", ", header.Shape)}] where there are {count} images");
        var all = new byte[checked(count * header.Size)];
        stream.ReadExactly(all);
        Func<int, long> at = header.Type.TrimStart('<', '|', '=') switch
        {
            "u1" => i => all[i],
            "i1" => i => (sbyte)all[i],
            "u2" => i => BitConverter.ToUInt16(all, 2 * i),
            "u4" => i => BitConverter.ToUInt32(all, 4 * i),
            "u8" => i => checked((long)BitConverter.ToUInt64(all, 8 * i)),
            "i2" => i => BitConverter.ToInt16(all, 2 * i),
            "i4" => i => BitConverter.ToInt32(all, 4 * i),
            "i8" => i => BitConverter.ToInt64(all, 8 * i),
            _ => throw new InputException($"{path}: {Name(entry)} is of type {header.Type}; labels are whole numbers"),
        };
        return tensor(wanted.Select(row => at((int)row)).ToArray());
    }

    private static unsafe Tensor Rows(Stream stream, long[] wanted, long size)
    {
        var images = empty([wanted.Length, size], ScalarType.Byte);
        // A pointer, since spans end at 2 GiB.
        var start = (byte*)images.storage<byte>().data_ptr();
        var passedOver = new byte[size];
        var at = 0L;
        for (var i = 0; i < wanted.Length; i++, at++)
        {
            for (; at < wanted[i]; at++) stream.ReadExactly(passedOver);
            stream.ReadExactly(new Span<byte>(start + i * size, (int)size));
        }
        GC.KeepAlive(images);
        return images;
    }

    private static Stream Entry(ZipArchive zip, string name, NpyHeader header)
    {
        var stream = zip.CreateEntry($"{name}.npy", CompressionLevel.Fastest).Open();
        header.Write(stream);
        return stream;
    }

    private static ReadOnlySpan<byte> Bytes(Tensor values) => MemoryMarshal.AsBytes(
        values.dtype == ScalarType.Int64 ? MemoryMarshal.AsBytes<long>(values.cpu().data<long>().ToArray()) : MemoryMarshal.AsBytes<float>(values.cpu().data<float>().ToArray()));

    private static ZipArchiveEntry? Find(ZipArchive zip, string[] names) =>
        names.Select(name => zip.Entries.FirstOrDefault(e => Name(e) == name)).FirstOrDefault(e => e is not null);

    private static string Name(ZipArchiveEntry entry) => Path.GetFileNameWithoutExtension(entry.FullName);
}
