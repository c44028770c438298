using System.Buffers.Binary;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Arow.Faults.Files;
using Arow.Faults.Readers;
using Arow.IO;
using ICSharpCode.SharpZipLib.Checksum;
using SkiaSharp;

namespace Arow.Faults;

/// <summary>
/// Small files that unfold to gigabytes, and archives of 64-bit sizes: the command that reads one ends in time, keeps to its memory, and says
/// in its own words what it does not take.
/// </summary>
internal static class Bombs
{
    /// <summary>
    /// Bytes that a process may hold at a time: libtorch, or a picture of the most pixels that are decoded, which takes 340 MB with its smaller
    /// copies.
    /// </summary>
    private const long MostMemory = 512L << 20;

    /// <summary>Bytes to unfold to: beyond the bound in CI's form, and beyond what arrays and 32 bits hold in the long one.</summary>
    private const long Small = 700L << 20, Large = 4400L << 20;

    private const int Side = 28, Ten = 10;

    /// <summary>On a machine that does something else as well.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static readonly Bomb[] All =
    [
        new("bomb: idx.gz that says ten images", 2, (at, bytes) => Idx(at, says: Ten, bytes)),
        new("bomb: idx.gz of images that do not fit", 2, (at, bytes) =>
            Idx(at, says: bytes / (Side * Side), bytes / (Side * Side) * Side * Side)) { HasLittle = true },
        new("bomb: npz that says ten images", 0, (at, bytes) => Npz(at, says: Ten, bytes)),
        new("bomb: npz of images that do not fit", 2, (at, bytes) => Npz(at, says: bytes / (Side * Side), bytes)) { HasLittle = true },
        new("bomb: npz of which ten are asked for", 0, (at, bytes) => [.. Npz(at, says: bytes / (Side * Side), bytes), "--extra-limit", "10"]),
        new("bomb: npz, stored, of which ten are asked for", 0, (at, bytes) =>
            [.. Npz(at, says: bytes / (Side * Side), bytes, stored: true), "--extra-limit", "10"]) { Small = false },
        new("bomb: tar.gz with a member of gigabytes", 2, TarGz),
        new("bomb: zip with a member of gigabytes", 2, Zip),
        new("bomb: zip64 that says a member of 2^62 bytes", 2, (at, _) => LyingZip(at)),
        new("bomb: zip64 of 70,000 members", 0, (at, _) => FullZip(at)),
        new("bomb: PNG of 20000x20000, resized", 2, (at, _) =>
            Resized(at, ("a/grey.png", Png(20_000, 20_000, channels: 1)), ("b/colour.png", Png(20_000, 20_000, channels: 3)))),
        new("bomb: PNGs of 8000x8000, resized", 0, (at, _) =>
            Resized(at, [.. Enumerable.Range(0, 4).Select(i => ($"{i % 2}/{i}.png", Png(8000, 8000, channels: 3)))])),
        new("bomb: JPEGs of 12000x12000, resized", 0, (at, _) =>
            Resized(at, [.. Enumerable.Range(0, 2).Select(i => ($"{i}/{i}.jpg", Jpeg(12_000)))])) { Small = false },
        new("bomb: PNGs of 20000x20000, loaded", 2, (at, _) => Loaded(at)) { HasLittle = true },
    ];

    public static IEnumerable<Tally> Try(Effort effort)
    {
        var small = effort.Tries is null && effort.Minutes is null && effort.Only.Count == 0;
        foreach (var bomb in effort.Chosen(All.Where(b => b.Small || !small), b => b.Name))
        {
            using var folder = new TemporaryFolder();
            var tally = new Tally(bomb.Name) { Tries = 1 };
            if (Problem(bomb, folder.Path, small ? Small : Large) is { } problem) tally.Fault(0, problem);
            yield return tally;
        }
    }

    private static string? Problem(Bomb bomb, string folder, long bytes)
    {
        var start = BuiltProgram.Command(folder, bomb.Make(folder, bytes));
        if (bomb.HasLittle) start.Environment["DOTNET_GCHeapHardLimit"] = "0x20000000";
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var (output, said) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var (clock, most) = (Stopwatch.StartNew(), 0L);
        while (!process.WaitForExit(10))
        {
            most = Math.Max(most, PeakMemory.Of(process.Id));
            if (clock.Elapsed < Patience) continue;
            process.Kill();
            process.WaitForExit();
            return $"comes to no end within {Patience.TotalMinutes} minutes";
        }
        output.Wait();
        var last = said.Result.Trim().Split('\n')[^1];
        return process.ExitCode != bomb.ExitCode ? $"ends with exit code {process.ExitCode}, and not {bomb.ExitCode}: {last}"
            : most > MostMemory ? $"takes {most >> 20} MB"
            : ReaderTrial.ForeignWord(said.Result) is { } word ? $"speaks of {word}: {last}" : null;
    }

    private static string[] Idx(string at, long says, long bytes)
    {
        byte[] Head(int magic, params IEnumerable<long> sizes) => [.. new[] { magic }.Concat(sizes.Select(n => (int)n)).SelectMany(n =>
        {
            var number = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, n);
            return number;
        })];
        foreach (var (half, images, content) in ((string, long, long)[])[("train", says, bytes), ("t10k", Ten, Ten * Side * Side)])
        {
            Gzip(Path.Combine(at, $"{half}-images-idx3-ubyte.gz"), Head(0x803, images, Side, Side), content);
            Gzip(Path.Combine(at, $"{half}-labels-idx1-ubyte.gz"), Head(0x801, images), images);
        }
        return ["data", "verify", "mnist", "--data-dir", at];
    }

    private static string[] Npz(string at, long says, long bytes, bool stored = false)
    {
        var path = Path.Combine(at, "bomb.npz");
        using (var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create))
        {
            foreach (var (name, header, content) in ((string, NpyHeader, long)[])
                [("image.npy", new("|u1", [says, Side, Side, 1]), bytes), ("label.npy", new("<i8", [says]), says * sizeof(long))])
            {
                using var entry = zip.CreateEntry(name, stored ? CompressionLevel.NoCompression : CompressionLevel.Fastest).Open();
                header.Write(entry);
                Zeros(entry, content);
            }
        }
        return
        [
            "train", "--dataset", "glyphs", "--limit-train", "40", "--limit-test", "20", "--model", "tiny-cnn", "--objective", "standard", "--epochs",
            "1", "--test-attack", "clean",
            "--threads", "1", "--output", Path.Combine(at, "run"), "--extra-data", path,
        ];
    }

    private static string[] TarGz(string at, long bytes)
    {
        var path = Path.Combine(at, "photos.tar.gz");
        using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            // A header as it is of any file, for a content that is never in memory.
            var header = new PaxTarEntry(TarEntryType.RegularFile, "photos/a/bomb.png") { DataStream = new ZeroStream(bytes) };
            tar.WriteEntry(header);
        }
        return ["data", "verify", "folder", "--data-dir", path];
    }

    private static string[] Zip(string at, long bytes)
    {
        var path = Path.Combine(at, "photos.zip");
        using (var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create))
        {
            using var entry = zip.CreateEntry("photos/a/bomb.png", CompressionLevel.Fastest).Open();
            Zeros(entry, bytes);
        }
        return ["data", "verify", "folder", "--data-dir", path];
    }

    private static string[] LyingZip(string at)
    {
        var archive = ZipWriter.Write([("photos/a/1.png", Png(8, 8, channels: 1)), ("photos/b/2.png", Png(8, 8, channels: 1))], big: true);
        // The first record's own size, which its place in the directory has first of the 64-bit ones.
        var extra = archive.AsSpan().IndexOf((ReadOnlySpan<byte>)[1, 0, 24, 0]);
        BinaryPrimitives.WriteInt64LittleEndian(archive.AsSpan(extra + 4), 1L << 62);
        File.WriteAllBytes(Path.Combine(at, "photos.zip"), archive);
        return ["data", "verify", "folder", "--data-dir", Path.Combine(at, "photos.zip")];
    }

    private static string[] FullZip(string at)
    {
        const int Members = 70_000, Pictures = 40;
        var picture = Png(8, 8, channels: 1);
        File.WriteAllBytes(Path.Combine(at, "photos.zip"), ZipWriter.Write(
            Enumerable.Range(0, Members)
                .Select(i => i < Pictures ? ($"photos/{i % 2}/{i}.png", picture) : ($"photos/notes/{i}.txt", Array.Empty<byte>())), big: true));
        return ["data", "verify", "folder", "--data-dir", Path.Combine(at, "photos.zip")];
    }

    private static string[] Resized(string at, params (string Name, byte[] Picture)[] pictures)
    {
        Put(at, pictures);
        return ["data", "resize", Path.Combine(at, "photos"), "--size", "32", "--output", Path.Combine(at, "resized")];
    }

    private static string[] Loaded(string at)
    {
        Put(at, [.. Enumerable.Range(0, 4).Select(i => ($"{i % 2}/{i}.png", Png(20_000, 20_000, channels: 1)))]);
        return ["data", "verify", "folder", "--data-dir", Path.Combine(at, "photos")];
    }

    private static void Put(string at, (string Name, byte[] Picture)[] pictures)
    {
        foreach (var (name, picture) in pictures)
        {
            var path = Path.Combine(at, "photos", name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, picture);
        }
    }

    /// <summary>A black one, never unfolded here.</summary>
    private static byte[] Png(int width, int height, int channels)
    {
        const byte Grey = 0, Colour = 2, Depth = 8;
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true)) Zeros(zlib, (1 + (long)width * channels) * height);
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = (Depth, channels == 1 ? Grey : Colour);
        return [0x89, .. "PNG\r\n\x1a\n"u8, .. Chunk("IHDR", head), .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", [])];

        static byte[] Chunk(string name, byte[] content)
        {
            byte[] whole = [.. Encoding.ASCII.GetBytes(name), .. content];
            var (length, sum, crc) = (new byte[4], new byte[4], new Crc32());
            crc.Update(whole);
            BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
            BinaryPrimitives.WriteUInt32BigEndian(sum, (uint)crc.Value);
            return [.. length, .. whole, .. sum];
        }
    }

    private static byte[] Jpeg(int side)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(side, side, SKColorType.Gray8, SKAlphaType.Opaque));
        bitmap.SetImmutable();
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Jpeg, 50);
        return encoded.ToArray();
    }

    private static void Gzip(string path, byte[] head, long zeros)
    {
        using var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        gzip.Write(head);
        Zeros(gzip, zeros);
    }

    private static void Zeros(Stream to, long count)
    {
        var piece = new byte[1 << 20];
        for (; count > 0; count -= piece.Length) to.Write(piece, 0, (int)Math.Min(piece.Length, count));
    }

    /// <summary>A command that reads what unfolds.</summary>
    /// <param name="Name">For the table and <c>--only</c>.</param>
    /// <param name="ExitCode">What it is to end with: 0 where it is read, 2 where it is refused.</param>
    /// <param name="Make">Writes it into a folder, of so many bytes, and gives the command line.</param>
    private sealed record Bomb(string Name, int ExitCode, Func<string, long, string[]> Make)
    {
        /// <summary>Whether the machine has but half a gigabyte for it.</summary>
        public bool HasLittle { get; init; }

        /// <summary>Whether CI has time for it.</summary>
        public bool Small { get; init; } = true;
    }

    /// <summary>So many zeros.</summary>
    private sealed class ZeroStream(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var some = (int)Math.Min(count, length - Position);
            Array.Clear(buffer, offset, some);
            Position += some;
            return some;
        }

        public override long Seek(long offset, SeekOrigin origin) =>
            Position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.Current ? Position : length);

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
