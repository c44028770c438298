using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using ICSharpCode.SharpZipLib.BZip2;

namespace Arow.Faults.Files;

/// <summary>Packed files, as tools write them.</summary>
internal static class Archives
{
    private const int TarBlock = 512;

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }

    public static byte[] Bzip2(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var bzip2 = new BZip2OutputStream(packed) { IsStreamOwner = false }) bzip2.Write(bytes);
        return packed.ToArray();
    }

    public static byte[] Zlib(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest)) zlib.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>An archive of ordinary files.</summary>
    /// <param name="format">One of the four.</param>
    /// <param name="files">In order.</param>
    public static byte[] Tar(TarEntryFormat format, IEnumerable<(string Name, byte[] Content)> files)
    {
        using var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, format, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                    _ => new GnuTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream(content);
                tar.WriteEntry(entry);
            }
        }
        return archive.ToArray();
    }

    /// <summary>A damaged archive whose headers' sums are right, so that what they say is believed.</summary>
    public static byte[] WithTarSums(byte[] archive)
    {
        const int Sum = 148, SumEnd = 156, Size = 124, SizeEnd = 135;
        var mended = archive.ToArray();
        for (var at = 0; at + TarBlock <= mended.Length;)
        {
            var header = mended.AsSpan(at, TarBlock);
            at += TarBlock;
            if (header[0] == 0) continue;
            header[Sum..SumEnd].Fill((byte)' ');
            var sum = 0;
            foreach (var value in header) sum += value;
            Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ").CopyTo(header[Sum..]);
            var length = 0L;
            foreach (var digit in header[Size..SizeEnd])
            {
                if (digit is < (byte)'0' or > (byte)'7') break;
                length = 8 * length + digit - '0';
            }
            if (length < mended.Length) at += (int)((length + TarBlock - 1) / TarBlock * TarBlock);
        }
        return mended;
    }
}
