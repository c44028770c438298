using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using ICSharpCode.SharpZipLib.Checksum;
using SkiaSharp;

namespace Arow.Tests.Unit.Data;

/// <summary>A folder with small files of every format, made for one test and removed after it.</summary>
internal sealed class MadeFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("arow-data-").FullName;

    public string this[string name] => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public string Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    /// <summary>Four files of a set with 2x3 images; pixel p of image i is 10 i + p, its label i modulo 10.</summary>
    public void WriteIdx(int train = 12, int test = 4, bool gzip = true)
    {
        foreach (var (prefix, n) in new[] { ("train", train), ("t10k", test) })
        {
            var images = new byte[] { 0, 0, 8, 3, 0, 0, 0, (byte)n, 0, 0, 0, 2, 0, 0, 0, 3 }
                .Concat(Enumerable.Range(0, n * 6).Select(i => (byte)(10 * (i / 6) + i % 6))).ToArray();
            var labels = new byte[] { 0, 0, 8, 1, 0, 0, 0, (byte)n }
                .Concat(Enumerable.Range(0, n).Select(i => (byte)(i % 10))).ToArray();
            Write($"{prefix}-images-idx3-ubyte" + (gzip ? ".gz" : ""), gzip ? Gzip(images) : images);
            Write($"{prefix}-labels-idx1-ubyte" + (gzip ? ".gz" : ""), gzip ? Gzip(labels) : labels);
        }
    }

    /// <summary>
    /// The first digits of each half, under the names of another data set's files: to draw thousands takes longer than to use them.
    /// </summary>
    /// <param name="train">Their number.</param>
    /// <param name="test">Their number.</param>
    /// <param name="testLabels">Those of test images; null for the digits that they show, as training images have.</param>
    public void WriteDigits(byte train, byte test, Func<Tensor, Tensor>? testLabels = null)
    {
        foreach (var (split, prefix, n) in ((Split, string, byte)[])[(Split.Train, "train", train), (Split.Test, "t10k", test)])
        {
            using var scope = NewDisposeScope();
            using var set = new Glyphs().Draw(split, n);
            var labels = split == Split.Test && testLabels is not null ? testLabels(set.Images) : set.Labels;
            Write($"{prefix}-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 28, 0, 0, 0, 28, .. set.Images.bytes]);
            Write($"{prefix}-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, n, .. labels.data<long>().Select(y => (byte)y)]);
        }
    }

    /// <summary>CIFAR records: label bytes, then pixels that are all 100 + number of the record.</summary>
    public static byte[] CifarRecords(params byte[][] labels) =>
        [.. labels.Index().SelectMany(r => r.Item.Concat(Enumerable.Repeat((byte)(100 + r.Index), 3072)))];

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }

    public static byte[] TarGz(params (string Name, byte[] Bytes)[] files) =>
        TarGz(files.Select(file => (TarEntry)new PaxTarEntry(TarEntryType.RegularFile, file.Name) { DataStream = new MemoryStream(file.Bytes) }));

    public static byte[] TarGz(IEnumerable<TarEntry> entries)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip))
        {
            foreach (var entry in entries) tar.WriteEntry(entry);
        }
        return packed.ToArray();
    }

    /// <summary>An image of one colour.</summary>
    public static byte[] Painted(SKColor colour, int width = 8, int height = 8, bool grey = false,
        SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, grey ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(colour);
        using var encoded = bitmap.Encode(format, 100);
        return encoded.ToArray();
    }

    /// <summary>A PNG image of 8x8, black where nothing else is said.</summary>
    /// <param name="red">From column and row.</param>
    /// <param name="alpha">From column and row; opaque for null.</param>
    public static byte[] Drawn(Func<int, int, int>? red = null, Func<int, int, int>? alpha = null)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(8, 8, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (var y = 0; y < 8; y++)
        {
            for (var x = 0; x < 8; x++) bitmap.SetPixel(x, y, new SKColor((byte)(red?.Invoke(x, y) ?? 0), 0, 0, (byte)(alpha?.Invoke(x, y) ?? 255)));
        }
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    /// <summary>A PNG image with one more chunk behind its header.</summary>
    public static byte[] WithChunk(byte[] png, string kind, byte[] content) => [.. png[..33], .. Block(kind, content), .. png[33..]];

    private static byte[] Block(string kind, byte[] content)
    {
        byte[] named = [.. Encoding.ASCII.GetBytes(kind), .. content];
        var crc = new Crc32();
        crc.Update(named);
        return [.. BigEndian(content.Length), .. named, .. BigEndian((int)(uint)crc.Value)];
    }

    private static byte[] BigEndian(int number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];

    /// <summary>A grey PNG image of 8x8 with 16 bits per value, which Skia does not write.</summary>
    public static byte[] Sixteen(Func<int, int, int> value)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest))
        {
            for (var y = 0; y < 8; y++) zlib.Write(
                [0, .. Enumerable.Range(0, 8).Select(x => value(x, y)).SelectMany(v => (byte[])[(byte)(v >> 8), (byte)v])]);
        }
        return
        [
            0x89, .. "PNG\r\n"u8, 0x1a, 0x0a,
            .. Block("IHDR", [0, 0, 0, 8, 0, 0, 0, 8, 16, 0, 0, 0, 0]), .. Block("IDAT", packed.ToArray()), .. Block("IEND", []),
        ];
    }

    /// <summary>A JPEG with an EXIF segment of one entry, orientation, after its first two bytes.</summary>
    public static byte[] Oriented(byte[] jpeg, byte orientation) =>
    [
        .. jpeg[..2],
        0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        .. jpeg[2..],
    ];

    public static byte[] Bytes(Tensor t) => t.contiguous().bytes.ToArray();

    public static long[] Longs(Tensor t) => t.data<long>().ToArray();

    /// <summary>The one sentence with which loading fails.</summary>
    public static string Fault(IDataSet set, string? folder, Split split = Split.Train)
    {
        var fault = Assert.Throws<InputException>(() => set.Load(split, folder)).Message;
        Assert.DoesNotContain('\n', fault);
        return fault;
    }
}
