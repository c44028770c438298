using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using ICSharpCode.SharpZipLib.BZip2;
using SkiaSharp;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

/// <summary>Archives of class folders: the same set as the folder, whatever the form, and no surprise from what else is in them.</summary>
public sealed class ArchiveReaderTests : IDisposable
{
    private readonly MadeFolder folder = new();

    private static readonly (string Name, byte[] Bytes)[] Files =
    [
        .. Enumerable.Range(0, 8)
            .Select(i => ($"d/{(i < 6 ? "train" : "test")}/{(i % 2 == 0 ? "cat" : "dog")}/{i}.png", Painted(new SKColor((byte)(20 * i), 9, 99)))),
    ];

    private static IDataSet Set => Catalog.DataSets["folder"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.tar")]
    [InlineData("a.tar.gz")]
    [InlineData("a.tgz")]
    [InlineData("a.tar.bz2")]
    [InlineData("streams.tbz2")]
    [InlineData("download")]
    public void Every_form_is_the_same_as_its_folder(string name)
    {
        foreach (var (path, bytes) in Files) folder.Write($"plain/{path}", bytes);
        var archive = folder.Write($"packed/{name}", Packed(name, Files.Reverse()));
        foreach (var split in Enum.GetValues<Split>())
        {
            using var plain = Set.Load(split, folder["plain"]);
            using var packed = Set.Load(split, archive);
            Assert.Equal(plain.Classes, packed.Classes);
            Assert.Equal(Bytes(plain.Images), Bytes(packed.Images));
            Assert.Equal(Longs(plain.Labels), Longs(packed.Labels));
            if (!Path.HasExtension(name)) continue;
            using var found = Set.Load(split, folder["packed"]);
            Assert.Equal(Bytes(plain.Images), Bytes(found.Images));
        }
        Assert.Equal(8, new ImageResizer(4, 4).Run(archive, folder["small"]));
        using var extra = ExtraImages.Load(archive, 3, 8, 8, ["cat", "dog"]);
        Assert.Equal(8, extra.Images.shape[0]);
    }

    [Theory]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    public void What_is_no_file_is_passed_over_and_told(TarEntryType kind)
    {
        var odd = new PaxTarEntry(kind, "d/train/cat/odd.png");
        if (kind is TarEntryType.HardLink or TarEntryType.SymbolicLink) odd.LinkName = "/etc/passwd";
        var path = folder.Write("a.tar.gz", TarGz([.. Entries(Files), odd]));
        using var files = FolderFiles.Open("folder", path);
        Assert.Equal(8, files.Files.Count);
        Assert.Equal([$"{path}: 1 link or device is skipped, first d/train/cat/odd.png"], files.Remarks);
    }

    [Fact]
    public void Links_of_a_zip_are_passed_over_too_and_of_two_files_with_one_name_the_later_counts()
    {
        var path = folder.Write("a.zip", Zip([.. Files, ("d/train/cat/0.png", Files[2].Bytes), ("d/train/cat/link.png", "../x"u8.ToArray())],
            entry => entry.ExternalAttributes = (entry.FullName.Contains("link") ? 0xA1FF : 0x81A4) << 16));
        using var files = FolderFiles.Open("folder", path);
        Assert.Equal(8, files.Files.Count);
        Assert.Equal(Files[2].Bytes, files.Read("d/train/cat/0.png"));
        Assert.Equal([$"{path}: 1 link or device is skipped, first d/train/cat/link.png",
            $"{path}: 1 file occurs twice, first d/train/cat/0.png; the last one is used"], files.Remarks);
    }

    [Theory]
    [InlineData("../x.png")]
    [InlineData("/etc/x.png")]
    [InlineData("a/../../x.png")]
    [InlineData("..\\x.png")]
    [InlineData("C:\\x.png")]
    public void Members_that_point_outside_are_refused_in_every_form(string name)
    {
        foreach (var form in (string[])["a.zip", "a.tar", "a.tar.gz", "a.tar.bz2"])
        {
            var path = folder.Write(form, Packed(form, [.. Files, (name, Files[0].Bytes)]));
            Assert.Equal($"{path}: member '{name}' points outside the archive", Fault(Set, path));
        }
    }

    [Fact]
    public void Names_are_what_they_were()
    {
        // As old programs on Windows write them, and in the code page of DOS, without a word that it is.
        var cp437 = CodePagesEncodingProvider.Instance.GetEncoding(437)!;
        var windows = folder.Write("w.zip",
            Zip([.. Files.Select(f => (f.Name.Replace('/', '\\').Replace("cat", "Kätzchen"), f.Bytes))], names: cp437));
        using (var files = FolderFiles.Open("folder", windows))
        {
            Assert.Contains("d/train/Kätzchen/0.png", files.Files.Keys);
            Assert.Equal([$"{windows}: has names that are not UTF-8; they are read as code page 437"], files.Remarks);
        }
        // Where / separates, \ is a letter, as in a folder.
        var both = ((string, byte[])[])[.. Files, ("d/train/cat/sub\\x.png", Files[0].Bytes), ("d/train/cat/sub/x.png", Files[2].Bytes)];
        foreach (var form in (string[])["b.zip", "b.tar", "b.tar.gz"])
        {
            using var files = FolderFiles.Open("folder", folder.Write(form, Packed(form, both)));
            Assert.Equal(10, files.Files.Count);
            Assert.Equal(Files[0].Bytes, files.Read("d/train/cat/sub\\x.png"));
        }
        var latin = Encoding.Latin1.GetString(Tar(Entries([("d/cat/caf#.png", Files[0].Bytes)]))).Replace("caf#", "caf\u00e9");
        var path = folder.Write("latin.tar", Checksummed(Encoding.Latin1.GetBytes(latin)));
        Assert.Contains("is not UTF-8; repack the files under other names", Fault(Set, path));
    }

    [Fact]
    public void A_folder_keeps_a_backslash_as_a_letter_and_names_what_is_no_UTF8()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a backslash is no letter here");
        foreach (var (path, bytes) in Files) folder.Write(path, bytes);
        folder.Write("d/train/cat/sub\\x.png", Files[0].Bytes);
        folder.Write("d/train/cat/sub/x.png", Files[2].Bytes);
        using (var images = Set.Load(Split.Train, folder.Root)) Assert.Equal(8, images.Count);
        Assert.Equal(10, new ImageResizer(4, 4).Run(folder.Root, folder["small"]));

        Assert.SkipUnless(OperatingSystem.IsLinux(), "names are UTF-8 here");
        // Only a program that takes names for bytes can make one.
        Shell($"cp '{folder["d/train/cat/0.png"]}' '{folder["d/train/cat"]}'/caf$(printf '\\351').png");
        var fault = Fault(Set, folder.Root);
        Shell($"rm '{folder["d/train/cat"]}'/caf*");
        Assert.Contains("its name is not UTF-8, so it cannot be opened; rename it", fault);

        static void Shell(string command)
        {
            using var shell = System.Diagnostics.Process.Start("sh", ["-c", command]);
            shell.WaitForExit();
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0 }, "a.tar.xz",
        "is an xz archive, which is not supported; unpack it")]
    [InlineData(new byte[] { (byte)'7', (byte)'z', 0xbc, 0xaf }, "a.7z", "is a 7-Zip archive, which is not supported; unpack it")]
    [InlineData(new byte[] { (byte)'P', (byte)'K', 3, 4, 1 }, "a.zip", "is truncated: it begins as an archive but has no directory")]
    [InlineData(new byte[] { (byte)'B', (byte)'Z', (byte)'h', (byte)'9', 1, 2, 3 }, "a.tar.bz2", "is damaged or not a .tar.bz2 archive")]
    [InlineData(new byte[] { 1, 2, 3 }, "a.tar", "is damaged or not a .tar archive")]
    [InlineData(new byte[] { (byte)'<', (byte)'h' }, "a.zip", "is damaged or not a .zip archive")]
    [InlineData(new byte[0], "a.zip", "a.zip: is empty")]
    [InlineData(new byte[] { 1, 2, 3 }, "a.bin", "is neither a folder nor an archive of one (.zip, .tar, .tar.gz, .tar.bz2)")]
    public void Other_forms_and_damaged_ones_are_named(byte[] bytes, string name, string fault)
    {
        Assert.Contains(fault, Fault(Set, folder.Write(name, bytes)));
        if (name != "a.bin") Assert.Contains(fault, Fault(Set, folder.Root));
    }

    [Fact]
    public void Damaged_encrypted_and_several_archives_are_named()
    {
        var zip = Zip(Files);
        var flags = Encoding.Latin1.GetString(zip).IndexOf("PK\u0001\u0002", StringComparison.Ordinal) + 8;
        var encrypted = (byte[])zip.Clone();
        encrypted[flags] |= 1;
        Assert.Contains("d/train/cat/0.png is encrypted", Fault(Set, folder.Write("one/e.zip", encrypted)));
        // The first file's bytes, which lie behind its header and name: a checksum tells.
        zip[30 + Files[0].Name.Length + 20] ^= 1;
        var fault = Fault(Set, folder.Write("two/d.zip", zip));
        Assert.StartsWith(folder["two/d.zip"], fault);
        Assert.Contains("damaged", fault);
        folder.Write("three/x.zip", zip);
        folder.Write("three/y.tar.gz", zip);
        Assert.Contains("contains several archives, such as x.zip and y.tar.gz", Fault(Set, folder["three"]));
    }

    /// <summary>Half a megabyte that unfolds to half a gigabyte: zeros, called images.</summary>
    [Fact]
    public void What_is_kept_of_a_small_archive_is_bounded()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            for (var i = 0; i < 12; i++) tar.WriteEntry(
                new PaxTarEntry(TarEntryType.RegularFile, $"d/c/{i}.png") { DataStream = new MemoryStream(new byte[8 << 20]) });
        }
        var path = folder.Write("bomb.tar.gz", packed.ToArray());
        var before = GC.GetTotalAllocatedBytes();
        Assert.Contains($"{path}: unpacks to more than ", Fault(Set, path));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 400 << 20);
    }

    private static byte[] Packed(string name, IEnumerable<(string Name, byte[] Bytes)> files) => name switch
    {
        _ when name.EndsWith(".zip", StringComparison.Ordinal) => Zip([.. files]),
        _ when name.EndsWith(".tar", StringComparison.Ordinal) => Tar(Entries(files)),
        // As parallel programs write it: several streams, one after the other.
        "streams.tbz2" => [.. Tar(Entries(files)).Chunk(1000).SelectMany(Bzip2)],
        _ when name.Contains("bz2", StringComparison.Ordinal) => Bzip2(Tar(Entries(files))),
        _ => TarGz([.. files]),
    };

    private static IEnumerable<TarEntry> Entries(IEnumerable<(string Name, byte[] Bytes)> files) =>
        files.Select(file => (TarEntry)new PaxTarEntry(TarEntryType.RegularFile, file.Name) { DataStream = new MemoryStream(file.Bytes) });

    private static byte[] Tar(IEnumerable<TarEntry> entries)
    {
        using var packed = new MemoryStream();
        using (var tar = new TarWriter(packed, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var entry in entries) tar.WriteEntry(entry);
        }
        return packed.ToArray();
    }

    private static byte[] Bzip2(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var bzip2 = new BZip2OutputStream(packed) { IsStreamOwner = false }) bzip2.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] Zip((string Name, byte[] Bytes)[] files, Action<ZipArchiveEntry>? made = null, Encoding? names = null)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true, names))
        {
            foreach (var (name, bytes) in files)
            {
                var entry = zip.CreateEntry(name);
                made?.Invoke(entry);
                using var stream = entry.Open();
                stream.Write(bytes);
            }
        }
        return packed.ToArray();
    }

    /// <summary>The header's checksum, after a name was changed in it.</summary>
    private static byte[] Checksummed(byte[] tar)
    {
        const int Block = 512, ChecksumAt = 148;
        for (var at = 0; at < tar.Length; at += Block)
        {
            if (Encoding.ASCII.GetString(tar, at + 257, 5) != "ustar") continue;
            "        "u8.CopyTo(tar.AsSpan(at + ChecksumAt));
            var sum = tar.AsSpan(at, Block).ToArray().Sum(b => (int)b);
            Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ").CopyTo(tar, at + ChecksumAt);
        }
        return tar;
    }
}
