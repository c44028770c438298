using System.Buffers.Binary;
using System.IO.Compression;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.GZip;

namespace Arow.IO;

/// <summary>
/// Reads gzip files and detects truncation. <see cref="GZipStream"/> accepts a truncated file; the length in the last bytes of the
/// file reveals it.
/// </summary>
internal sealed class GzipReader : ForwardStream
{
    private readonly GZipStream content;
    private long count;

    private GzipReader(string path) => content = new GZipStream(RegularFile.Open(path), CompressionMode.Decompress);

    /// <summary>Returns the result of <paramref name="read"/> on the content. The whole content is checked, whether it is read or not.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, truncated or not gzip.</exception>
    public static T Read<T>(string path, Func<Stream, T> read)
    {
        using var file = new GzipReader(path);
        var result = read(file);
        file.CopyTo(Null);
        CheckLength(path, file.count);
        return result;
    }

    public override int Read(Span<byte> buffer)
    {
        var read = content.Read(buffer);
        count += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) content.Dispose();
        base.Dispose(disposing);
    }

    private static void CheckLength(string path, long count)
    {
        using var file = RegularFile.Open(path);
        if (file.Length < 18) throw new InvalidDataException();
        Span<byte> length = stackalloc byte[4];
        file.Seek(-4, SeekOrigin.End);
        file.ReadExactly(length);
        if (BinaryPrimitives.ReadUInt32LittleEndian(length) == (uint)count) return;

        // Truncated, or one of the rare files of several members, where the length is that of the last member. The slower reader decides.
        try
        {
            file.Position = 0;
            using var slow = new GZipInputStream(file);
            var buffer = new byte[1 << 16];
            while (slow.Read(buffer, 0, buffer.Length) is > 0 and var read) count -= read;
        }
        catch (Exception e) when (e is SharpZipBaseException or IOException)
        {
            throw new InvalidDataException(e.Message, e);
        }
        if (count != 0) throw new InvalidDataException();
    }
}
