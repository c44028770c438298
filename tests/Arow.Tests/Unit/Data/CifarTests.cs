using System.Formats.Tar;
using System.Text;
using Arow.Data;
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
        Assert.Contains("arow data fetch cifar10", Fault(Cifar10, folder.Root));
        WriteAll();
        folder.Write("data_batch_3.bin", CifarRecords([[1]])[..^1]);
        Assert.StartsWith($"{folder["data_batch_3.bin"]}: has 3072 bytes", Fault(Cifar10, folder.Root));
        folder.Write("data_batch_3.bin", []);
        Assert.Equal($"{folder["data_batch_3.bin"]}: is empty", Fault(Cifar10, folder.Root));
        folder.Write("data_batch_3.bin", CifarRecords([[1], [10]]));
        Assert.Equal($"{folder["data_batch_3.bin"]}: label 10 of image 1 is not one of 0 to 9", Fault(Cifar10, folder.Root));
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
        Assert.Contains("has no data_batch_1.bin in it", Fault(Cifar10, folder.Root));
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
        Assert.Contains("has no data_batch_1.bin in it", Fault(Cifar10, folder.Root));
        Assert.Contains("1 link or device is passed over, first data_batch_1.bin", Fault(Cifar10, folder.Root));
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

    /// <summary>The version that torchvision fetches.</summary>
    [Fact]
    public void ThePythonVersionIsNamed()
    {
        folder.Write("cifar-10-batches-py/data_batch_1", [1]);
        Assert.Contains("it has cifar-10-batches-py/data_batch_1, which is of the version for Python, and pickled: a pickle can hold programs and is not read, but the binary version is; 'arow data fetch cifar10' brings cifar-10-binary.tar.gz", Fault(Cifar10, folder.Root));
        var archive = folder.Write("a/x.tar.gz", TarGz(("cifar-10-batches-py/test_batch", [1])));
        Assert.Contains("cifar-10-batches-py/test_batch is of the version for Python, which is pickled and not read", Fault(Cifar10, archive));
        Assert.Contains("is of the version for Python", Fault(Cifar10, folder["a"]));
    }
}
