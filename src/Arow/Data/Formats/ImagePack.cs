using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Arow.IO;
using Microsoft.Win32.SafeHandles;

namespace Arow.Data;

/// <summary>
/// Images in one file, from which each is read where it lies: <c>AROWPACK</c>, version and length of the footer, in a block of 4096
/// bytes; pixels [N, C, H, W] uint8; labels [N] int32; names, each ended by a zero byte; a footer in JSON.
/// </summary>
/// <remarks>
/// It is read, not mapped into memory: the system keeps what it has room for either way, but mapped pages count as the process's own,
/// and a mapped file that is cut off ends the process.
/// </remarks>
internal sealed class ImagePack
{
    /// <summary>Bytes before the pixels.</summary>
    public const int HeadBytes = 4096;

    private const int Version = 1, MaxFooterBytes = 1 << 26;
    private const long BlockBytes = 1 << 26;

    private readonly string path;
    private readonly SafeFileHandle file;
    private readonly long length;

    private ImagePack(string path, SafeFileHandle file, long length, ImagePackFooter footer) =>
        (this.path, this.file, this.length, Footer) = (path, file, length, footer);

    private static ReadOnlySpan<byte> Magic => "AROWPACK"u8;

    /// <summary>Description of the images.</summary>
    public ImagePackFooter Footer { get; }

    private long LabelsAt => HeadBytes + Footer.Count * Footer.ImageBytes;

    /// <summary>Whether a file begins as packed images do.</summary>
    public static bool IsPack(string? path)
    {
        if (path is null || !File.Exists(path) || RegularFile.ValidateKind(path) is not null) return false;
        try
        {
            using var file = RegularFile.Open(path);
            var start = new byte[Magic.Length];
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.AsSpan().SequenceEqual(Magic);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Opens a file; only its description is read.</summary>
    /// <exception cref="InputException">It is damaged, or of a newer version.</exception>
    public static ImagePack Open(string path) => InputFile.Read(path, "a file of packed images", () =>
    {
        RegularFile.EnsureRegular(path);
        var file = File.OpenHandle(path);
        var (length, head) = (RandomAccess.GetLength(file), new byte[Magic.Length + 8]);
        Fill(file, head, 0);
        if (!head.AsSpan().StartsWith(Magic)) throw new FormatException();
        var version = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(Magic.Length));
        if (version != Version) throw new InputException($"{path}: has version {version} of packed images; this program reads {Version}");
        var footerBytes = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(Magic.Length + 4));
        if (footerBytes is < 2 or > MaxFooterBytes || footerBytes > length - HeadBytes) throw new FormatException();
        var text = new byte[footerBytes];
        Fill(file, text, length - footerBytes);
        ImagePackFooter footer;
        try
        {
            footer = JsonSerializer.Deserialize(text, ImagePackJson.Default.ImagePackFooter) ?? throw new FormatException();
        }
        catch (JsonException e)
        {
            throw new FormatException("", e);
        }
        var fits = footer.IsValid
            && (Int128)HeadBytes + (Int128)footer.Count * (footer.ImageBytes + sizeof(int)) + footer.Names + footerBytes == length;
        return fits ? new ImagePack(path, file, length - footerBytes, footer) : throw new FormatException();
    });

    /// <summary>Writes the first block once the rest is written.</summary>
    /// <param name="stream">The file, behind its footer.</param>
    /// <param name="footerBytes">Bytes of the footer.</param>
    public static void WriteHead(Stream stream, int footerBytes)
    {
        var head = new byte[HeadBytes];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(Magic.Length), Version);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(Magic.Length + 4), footerBytes);
        stream.Position = 0;
        stream.Write(head);
    }

    /// <summary>Reads images, [M, C, H, W] uint8.</summary>
    /// <param name="rows">[M], int64 on the CPU: their numbers in the file.</param>
    /// <exception cref="InputException">The file has been cut off or cannot be read.</exception>
    public unsafe Tensor Read(Tensor rows) => InputFile.Read(path, "a file of packed images", () =>
    {
        var numbers = rows.data<long>().ToArray();
        var size = Footer.ImageBytes;
        var pixels = empty([numbers.Length, Footer.Channels, Footer.Height, Footer.Width], ScalarType.Byte, device: CPU);
        var start = (byte*)pixels.storage<byte>().data_ptr();
        for (var i = 0; i < numbers.Length;)
        {
            // Images that follow one another are read together.
            var next = i + 1;
            while (next < numbers.Length && numbers[next] == numbers[next - 1] + 1 && (next + 1 - i) * size <= BlockBytes) next++;
            Fill(file, new Span<byte>(start + i * size, checked((int)((next - i) * size))), HeadBytes + numbers[i] * size);
            i = next;
        }
        GC.KeepAlive(pixels);
        return pixels;
    });

    /// <summary>Reads an image.</summary>
    /// <param name="number">Its number in the file.</param>
    public byte[] Read(int number) => InputFile.Read(path, "a file of packed images", () =>
    {
        var pixels = new byte[Footer.ImageBytes];
        Fill(file, pixels, HeadBytes + number * Footer.ImageBytes);
        return pixels;
    });

    /// <summary>Reads the labels, all of which are below the number of classes.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public int[] ReadLabels() => InputFile.Read(path, "a file of packed images", () =>
    {
        var labels = new int[Footer.Count];
        Fill(file, MemoryMarshal.AsBytes(labels.AsSpan()), LabelsAt);
        return labels.AsSpan().ContainsAnyExceptInRange(0, Footer.Classes.Count - 1) ? throw new FormatException() : labels;
    });

    /// <summary>Reads the names of the files, which are decoded one at a time.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public ImagePackNames ReadNames() => InputFile.Read(path, "a file of packed images", () =>
    {
        var bytes = new byte[checked((int)Footer.Names)];
        Fill(file, bytes, length - Footer.Names);
        return ImagePackNames.Parse(bytes, (int)Footer.Count) ?? throw new FormatException();
    });

    /// <summary>Location of an image, for messages.</summary>
    public string Locate(string name) => $"{path}: {name}";

    private static void Fill(SafeFileHandle file, Span<byte> room, long at)
    {
        while (room.Length > 0)
        {
            var count = RandomAccess.Read(file, room, at);
            if (count == 0) throw new EndOfStreamException();
            room = room[count..];
            at += count;
        }
    }
}

/// <summary>Names in UTF-8, each ended by a zero byte.</summary>
internal sealed class ImagePackNames : IReadOnlyList<string>
{
    private readonly byte[] bytes;
    private readonly int[] ends;

    private ImagePackNames(byte[] bytes, int[] ends) => (this.bytes, this.ends) = (bytes, ends);

    public int Count => ends.Length;

    public string this[int index]
    {
        get
        {
            var start = index == 0 ? 0 : ends[index - 1] + 1;
            return Encoding.UTF8.GetString(bytes.AsSpan(start, ends[index] - start));
        }
    }

    /// <summary>Finds the ends of the names; null if there are more or fewer than expected.</summary>
    public static ImagePackNames? Parse(byte[] bytes, int count)
    {
        // Few bytes may claim many names.
        if (bytes.Length < count) return null;
        var (ends, at) = (new int[count], 0);
        for (var i = 0; i < count; i++)
        {
            var length = bytes.AsSpan(at).IndexOf((byte)0);
            if (length < 0) return null;
            ends[i] = at + length;
            at += length + 1;
        }
        return at == bytes.Length ? new ImagePackNames(bytes, ends) : null;
    }

    public IEnumerator<string> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
