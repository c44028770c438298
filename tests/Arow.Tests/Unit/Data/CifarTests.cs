using System.Formats.Tar;
using System.Text;
using Arow.Tests.Unit.Cli;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

public sealed class CifarTests : IDisposable
{
    private readonly MadeFolder folder = new();

    private static IDataSet Cifar10 => Catalog.DataSets["cifar10"];

    private static IDataSet Cifar100 => Catalog.DataSets["cifar100"];

    public void Dispose() => folder.Dispose();

    private static (string, byte[])[] Files(string below = "") =>
    [
        .. Enumerable.Range(1, 5).Select(i => ($"{below}data_batch_{i}.bin", CifarRecords([[(byte)i], [9]]))),
        ($"{below}test_batch.bin", CifarRecords([[7]])),
    ];

    private void WriteAll(string below = "")
    {
        foreach (var (name, bytes) in Files(below)) folder.Write(name, bytes);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("below")]
    [InlineData("archive")]
    [InlineData("archive itself")]
    public void Loads10(string kind)
    {
        if (kind.StartsWith("archive")) folder.Write("cifar-10-binary.tar.gz", TarGz(Files("cifar-10-batches-bin/")));
        else WriteAll(kind == "below" ? "cifar-10-batches-bin/" : "");
        var place = kind == "archive itself" ? folder["cifar-10-binary.tar.gz"] : folder.Root;

        using var train = Cifar10.Load(Split.Train, place);
        Assert.Equal([1, 9, 2, 9, 3, 9, 4, 9, 5, 9], Longs(train.Labels));
        Assert.Equal([10, 3, 32, 32], train.Images.shape);
        Assert.All(Bytes(train.Images[4]), p => Assert.Equal(100, p));
        Assert.All(Bytes(train.Images[9]), p => Assert.Equal(101, p));
        using var test = Cifar10.Load(Split.Test, place);
        Assert.Equal([7], Longs(test.Labels));
        Assert.Equal("horse", test.Classes[7]);
    }

    [Fact]
    public void PlanesAreRedGreenBlueInRows()
    {
        WriteAll();
        var record = new byte[3073];
        record[1 + 1024 + 2 * 32 + 5] = 77;
        folder.Write("test_batch.bin", record);
        using var test = Cifar10.Load(Split.Test, folder.Root);
        Assert.Equal(77, test.Images[0, 1, 2, 5].item<byte>());
    }

    [Fact]
    public void Loads100WithFineLabels()
    {
        folder.Write("train.bin", CifarRecords([[19, 99], [3, 0]]));
        folder.Write("test.bin", CifarRecords([[1, 42]]));
        using var train = Cifar100.Load(Split.Train, folder.Root);
        Assert.Equal([99, 0], Longs(train.Labels));
        Assert.Equal(("worm", "apple", 100), (train.Classes[99], train.Classes[0], train.Classes.Count));
        Assert.Equal(train.Classes.Order(StringComparer.Ordinal), train.Classes);
    }

    [Fact]
    public void NamesWhatIsWrong()
    {
        Assert.Contains("cifar-10-binary.tar.gz is published at https://www.cs.toronto.edu", Fault(Cifar10, folder.Root));
        WriteAll();
        folder.Write("data_batch_3.bin", CifarRecords([[1]])[..^1]);
        Assert.StartsWith($"{folder["data_batch_3.bin"]}: has 3072 bytes", Fault(Cifar10, folder.Root));
        folder.Write("data_batch_3.bin", []);
        Assert.Equal($"{folder["data_batch_3.bin"]}: is empty", Fault(Cifar10, folder.Root));
        folder.Write("data_batch_3.bin", CifarRecords([[1], [10]]));
        Assert.Equal($"{folder["data_batch_3.bin"]}: label 10 of image 1 is not in the range 0 to 9", Fault(Cifar10, folder.Root));
        File.Delete(folder["data_batch_3.bin"]);
        Assert.StartsWith($"{folder["data_batch_3.bin"]}: is missing", Fault(Cifar10, folder.Root));
    }

    [Fact]
    public void ArchivesAreReadToTheirChecksum()
    {
        var archive = TarGz(Files("cifar-10-batches-bin/"));
        folder.Write("cifar-10-binary.tar.gz", archive[..(archive.Length / 2)]);
        Assert.Equal($"{folder["cifar-10-binary.tar.gz"]}: is damaged or not a .tar.gz archive", Fault(Cifar10, folder.Root));
        archive[^6] ^= 1;
        folder.Write("cifar-10-binary.tar.gz", archive);
        Assert.Equal($"{folder["cifar-10-binary.tar.gz"]}: is damaged or not a .tar.gz archive", Fault(Cifar10, folder.Root));
        folder.Write("cifar-10-binary.tar.gz", TarGz(("other.bin", [1])));
        Assert.Contains("contains no data_batch_1.bin", Fault(Cifar10, folder.Root));
    }

    [Theory]
    [InlineData("../data_batch_1.bin")]
    [InlineData("/etc/data_batch_1.bin")]
    [InlineData("a/../../data_batch_1.bin")]
    [InlineData("..\\data_batch_1.bin")]
    [InlineData("C:\\data_batch_1.bin")]
    public void MembersThatPointOutsideAreRefused(string name)
    {
        folder.Write("cifar-10-binary.tar.gz", TarGz([.. Files(), (name, [1])]));
        Assert.Equal($"{folder["cifar-10-binary.tar.gz"]}: member '{name}' points outside the archive", Fault(Cifar10, folder.Root));
    }

    /// <summary>Attributes of eight gigabytes, with a checksum that is right.</summary>
    [Fact]
    public void AHeaderWhoseSizeCannotBeIsRefused()
    {
        const int SizeAt = 124, ChecksumAt = 148, KindAt = 156;
        var tar = new byte[1024];
        "name"u8.CopyTo(tar);
        "77777777777"u8.CopyTo(tar.AsSpan(SizeAt));
        "        "u8.CopyTo(tar.AsSpan(ChecksumAt));
        "x\0\0"u8.CopyTo(tar.AsSpan(KindAt));
        "ustar\000"u8.CopyTo(tar.AsSpan(257));
        Encoding.ASCII.GetBytes($"{Convert.ToString(tar.Sum(b => (int)b), 8).PadLeft(6, '0')}\0 ").CopyTo(tar, ChecksumAt);
        folder.Write("cifar-10-binary.tar.gz", Gzip(tar));
        Assert.Equal($"{folder["cifar-10-binary.tar.gz"]}: is damaged or not a .tar.gz archive", Fault(Cifar10, folder.Root));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public void LinksAreNotFollowed(TarEntryType kind)
    {
        folder.Write("cifar-10-binary.tar.gz", TarGz([new PaxTarEntry(kind, "data_batch_1.bin") { LinkName = "elsewhere" }]));
        Assert.Contains("contains no data_batch_1.bin", Fault(Cifar10, folder.Root));
        Assert.Contains("1 link or device is skipped, first data_batch_1.bin", Fault(Cifar10, folder.Root));
    }

    [Theory]
    [InlineData("cifar10/cifar-10-batches-bin/")]
    [InlineData("CIFAR-10/")]
    [InlineData("unpacked/cifar-10-batches-bin/")]
    [InlineData("some/")]
    public void FilesAreFoundBelow(string below)
    {
        WriteAll(below);
        using var test = Cifar10.Load(Split.Test, folder.Root);
        Assert.Equal([7], Longs(test.Labels));
    }

    private static readonly string[] Ten = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"];

    /// <summary>Files of the version that torchvision fetches: two images a file, the second one's pixels counted up.</summary>
    private static (string, byte[])[] Pickled(string below) =>
    [
        .. Ten.Select((name, i) => ($"{below}{name}", CifarPickle.Batch("labels", [(byte)i, 9], Pixels(i), fortran: i == 2))),
        ($"{below}batches.meta", CifarPickle.Meta("label_names", ((Cifar)Cifar10).Classes)),
    ];

    private static byte[] Pixels(int file)
    {
        byte[] rows = [.. Enumerable.Repeat((byte)(50 + file), 3072), .. Enumerable.Range(0, 3072).Select(i => (byte)(i % 251))];
        return file != 2 ? rows : [.. Enumerable.Range(0, rows.Length).Select(i => rows[i % 2 * 3072 + i / 2])];
    }

    [Theory]
    [InlineData("")]
    [InlineData("cifar-10-batches-py/")]
    [InlineData("data/cifar-10-batches-py/")]
    [InlineData("cifar-10-python.tar.gz")]
    [InlineData("cifar-10-batches-py.tar.gz")]
    [InlineData("download.tar.gz")]
    public void The_version_for_Python_is_the_binary_one(string place)
    {
        if (place.EndsWith("gz")) folder.Write(place, TarGz(Pickled("cifar-10-batches-py/")));
        else foreach (var (name, bytes) in Pickled(place)) folder.Write(name, bytes);
        if (place.StartsWith("cifar-10-batches-py.")) folder.Write("another.zip", [1]);
        var given = place == "download.tar.gz" ? folder[place] : folder.Root;

        using var train = Cifar10.Load(Split.Train, given);
        Assert.Equal([0, 9, 1, 9, 2, 9, 3, 9, 4, 9], Longs(train.Labels));
        Assert.Equal([10, 3, 32, 32], train.Images.shape);
        for (var i = 0; i < 5; i++)
        {
            Assert.All(Bytes(train.Images[2 * i]), p => Assert.Equal(50 + i, p));
            Assert.Equal(Enumerable.Range(0, 3072).Select(p => (byte)(p % 251)), Bytes(train.Images[2 * i + 1]));
        }
        using var test = Cifar10.Load(Split.Test, given);
        Assert.Equal([5, 9], Longs(test.Labels));
        Assert.Equal("horse", test.Classes[7]);
    }

    [Fact]
    public void The_100_classes_for_Python_are_the_fine_ones()
    {
        folder.Write("cifar-100-python/train", CifarPickle.Batch("fine_labels", [99, 3], Pixels(0)));
        folder.Write("cifar-100-python/test", CifarPickle.Batch("fine_labels", [42], Pixels(0)[..3072]));
        using var train = Cifar100.Load(Split.Train, folder.Root);
        Assert.Equal([99, 3], Longs(train.Labels));
        // Names are those of the file where it has some.
        folder.Write("cifar-100-python/meta", CifarPickle.Meta("fine_label_names", Enumerable.Range(0, 100).Select(i => $"c{i}")));
        using var test = Cifar100.Load(Split.Test, folder.Root);
        Assert.Equal("c42", test.Classes[42]);
        folder.Write("cifar-100-python/meta", CifarPickle.Meta("fine_label_names", ["one"]));
        Assert.Contains("meta: has no 100 distinct class names in 'fine_label_names'", Fault(Cifar100, folder.Root, Split.Test));
    }

    /// <summary>What Python 3 writes for the same dictionary, in each of its protocols: bytes as keys, labels as an array.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public void What_Python_3_pickles_is_read_too(int protocol)
    {
        folder.Write("test_batch", File.ReadAllBytes(Path.Combine(Repository.Root, $"tests/Arow.Tests/Fixtures/cifar-protocol{protocol}.pkl")));
        using var test = Cifar10.Load(Split.Test, folder.Root);
        Assert.Equal([3, 7], Longs(test.Labels));
        Assert.Equal(Enumerable.Range(0, 6144).Select(i => (byte)(i % 7)), Bytes(test.Images));
    }

    [Theory]
    [InlineData("cos\nsystem\n(U\u0002lstR.", "uses 'os.system'; only numbers, strings, containers and NumPy arrays are read from a pickle")]
    [InlineData("cnumpy.core.multiarray\n_reconstruct\n.", "is not a pickled dictionary")]
    [InlineData("}.", "has no 'data' of bytes [N, 3072]; it has nothing")]
    [InlineData("](K\u0001K\u0002e.", "is not a pickled dictionary")]
    [InlineData("}U\u0004dataK\u0001s.", "has no 'data' of bytes [N, 3072]; it has 'data'")]
    [InlineData("}U\u0004data", "is truncated")]
    public void A_pickle_that_is_none_of_CIFARs_is_refused(string pickle, string says)
    {
        folder.Write("test_batch", [0x80, 2, .. Encoding.Latin1.GetBytes(pickle)]);
        Assert.Contains($"test_batch: {says}", Fault(Cifar10, folder.Root, Split.Test));
    }

    [Fact]
    public void Pickled_labels_and_pixels_have_to_fit()
    {
        foreach (var (labels, pixels, says) in ((byte[], int, string)[])
        [
            ([10], 3072, "label 10 of image 0 is not in the range 0 to 9"), ([], 0, "has no images"),
            ([1, 2], 3072, "is damaged: its pickle is invalid"),
        ])
        {
            folder.Write("test_batch", CifarPickle.Batch("labels", labels, new byte[pixels]));
            Assert.Contains(says, Fault(Cifar10, folder.Root, Split.Test));
        }
        folder.Write("test_batch", CifarPickle.Batch("coarse_labels", [1], new byte[3072]));
        Assert.Contains("has no 'labels'; it has 'data', 'coarse_labels'", Fault(Cifar10, folder.Root, Split.Test));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        foreach (var (name, bytes) in Pickled("cifar-10-batches-py/").Where(file => !file.Item1.EndsWith('3'))) folder.Write(name, bytes);
        Assert.Contains("data_batch_3: is missing, but other files of the set exist", Fault(Cifar10, folder.Root));
        var archive = folder.Write("a/x.tar.gz", TarGz(Pickled("cifar-10-batches-py/")[1..]));
        Assert.Contains("x.tar.gz: contains no data_batch_1", Fault(Cifar10, archive));
        Assert.Contains("contains no data_batch_1.bin", Fault(Cifar10, folder.Write("b/x.tar.gz", TarGz(("data_batch_1", [1])))));
    }

    [Fact]
    public void Verify_names_what_is_read_in_place_of_the_published_archive()
    {
        FileCheck Only(string place) => Assert.Single(FileCheck.CheckAll(Cifar10, place));
        Assert.Empty(Only(folder.Root).Substitutes);
        foreach (var (name, bytes) in Pickled("cifar-10-batches-py/")) folder.Write(name, bytes);
        Assert.Equal([.. Ten.Append("batches.meta").Select(name => folder[$"cifar-10-batches-py/{name}"])], Only(folder.Root).Substitutes);
        WriteAll();
        Assert.Equal(6, Only(folder.Root).Substitutes.Count);
        Assert.EndsWith("data_batch_1.bin", Only(folder.Root).Substitutes[0]);
        var archive = folder.Write("a/mine.tar.gz", TarGz(Files()));
        Assert.Equal([archive], Only(folder["a"]).Substitutes);
        Assert.Equal([archive], Only(archive).Substitutes);
        var verified = Ended.Of(folder.Root, "data", "verify", "cifar10", "--data-dir", folder["a"]);
        Assert.StartsWith("cifar-10-binary.tar.gz: missing; FOLDER/a/mine.tar.gz is read instead, without an official "
            + "checksum\n", verified.Output);
    }
}
