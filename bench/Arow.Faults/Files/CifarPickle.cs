using System.Buffers.Binary;
using System.Text;

namespace Arow.Faults.Files;

/// <summary>CIFAR's files for Python, as Python 2's cPickle wrote the published ones.</summary>
public static class CifarPickle
{
    private const int Pixels = 3 * 32 * 32;

    /// <summary>A batch: its images row after row, its labels, names of files.</summary>
    /// <param name="labelsKey">What the labels are called.</param>
    /// <param name="labels">One byte for each image.</param>
    /// <param name="pixels">3072 bytes for each image.</param>
    /// <param name="fortran">Whether the number of the image varies fastest.</param>
    public static byte[] Batch(string labelsKey, byte[] labels, byte[] pixels, bool fortran = false) =>
    [
        0x80, 2, .. "}q\u0001("u8,
        .. Text("data"), .. "q\u0002"u8, .. Array(labels.Length, pixels, fortran),
        .. Text(labelsKey), .. "q\u0008]("u8, .. labels.SelectMany(label => (byte[])[(byte)'K', label]), (byte)'e',
        .. Text("batch_label"), .. Text("training batch 1 of 5"),
        .. Text("filenames"), .. "]("u8, .. labels.SelectMany((_, i) => (byte[])[.. Text($"{i}.png"), (byte)'q', (byte)(10 + i % 200)]), (byte)'e',
        .. "u."u8,
    ];

    /// <summary>The file with names of the classes.</summary>
    /// <param name="namesKey">What they are called.</param>
    /// <param name="names">The names.</param>
    public static byte[] Meta(string namesKey, IEnumerable<string> names) =>
        [0x80, 2, .. "}q\u0001("u8, .. Text("num_cases_per_batch"), .. "M\u0010'"u8, .. Text(namesKey), .. "]("u8, .. names.SelectMany(Text),
            (byte)'e', .. "u."u8];

    private static byte[] Array(int count, byte[] pixels, bool fortran) =>
    [
        .. "cnumpy.core.multiarray\n_reconstruct\nq\u0003cnumpy\nndarray\nq\u0004K\0"u8, 0x85, .. "U\u0001b"u8, 0x87, .. "Rq\u0005"u8,
        .. "(K\u0001"u8, .. Number(count), .. Number(Pixels), 0x86,
        .. "cnumpy\ndtype\nq\u0006U\u0002u1K\0K\u0001"u8, 0x87, .. "Rq\u0007(K\u0003U\u0001|NNN"u8, .. Minus1, .. Minus1, .. "K\0tb"u8,
        fortran ? (byte)0x88 : (byte)0x89, (byte)'T', .. Length(pixels.Length), .. pixels, .. "tb"u8,
    ];

    private static byte[] Minus1 => [(byte)'J', 255, 255, 255, 255];

    private static byte[] Text(string text) => [(byte)'U', (byte)text.Length, .. Encoding.Latin1.GetBytes(text)];

    private static byte[] Number(int number) => [(byte)'J', .. Length(number)];

    private static byte[] Length(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return bytes;
    }
}
