using System.IO.Compression;
using CsCheck;
using SkiaSharp;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Laws;

/// <summary>
/// Whatever happens to a file, loading ends with a valid set or with one sentence that names the file.
/// </summary>
public sealed class DataLaws : IDisposable
{
    private readonly MadeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train-images-idx3-ubyte", false)]
    [InlineData("train-labels-idx1-ubyte", false)]
    [InlineData("train-images-idx3-ubyte.gz", true)]
    public void DamagedIdx(string file, bool gzip)
    {
        folder.WriteIdx(gzip: gzip);
        Damage("mnist", file);
    }

    [Fact]
    public void DamagedCifar()
    {
        folder.Write("train.bin", CifarRecords([[1, 2], [3, 4]]));
        folder.Write("test.bin", CifarRecords([[1, 2]]));
        Damage("cifar100", "train.bin");
    }

    [Fact]
    public void DamagedArchive()
    {
        folder.Write("cifar-100-binary.tar.gz", TarGz(("c/train.bin", CifarRecords([[1, 2]])), ("c/test.bin", CifarRecords([[1, 2]]))));
        Damage("cifar100", "cifar-100-binary.tar.gz");
    }

    /// <summary>Damage behind the checksum of gzip: the archive's own headers.</summary>
    [Fact]
    public void DamagedTar()
    {
        var archive = TarGz(("c/train.bin", CifarRecords([[1, 2]])), ("c/test.bin", CifarRecords([[1, 2]])));
        using var plain = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(archive), CompressionMode.Decompress)) gzip.CopyTo(plain);
        var tar = plain.ToArray();
        Damage("cifar100", "cifar-100-binary.tar.gz", tar, Gzip);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DamagedMat(bool compressed)
    {
        folder.Write("train_32x32.mat", compressed ? SvhnTests.Mat : SvhnTests.Plain(2, [3, 10]));
        Damage("svhn", "train_32x32.mat");
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    public void DamagedPicture(SKEncodedImageFormat format)
    {
        var ending = format == SKEncodedImageFormat.Png ? "png" : "jpg";
        foreach (var place in (string[])["train/a/0", "train/a/1", "test/a/0"])
            folder.Write($"{place}.{ending}", Painted(new SKColor(200, 100, 50), format: format));
        Damage("folder", $"train/a/0.{ending}");
    }

    private void Damage(string set, string file, byte[]? content = null, Func<byte[], byte[]>? wrap = null)
    {
        var sound = content ?? File.ReadAllBytes(folder[file]);
        Assert.Null(Try(Catalog.DataSets[set], file, wrap is null ? sound : wrap(sound)));
        var faults = 0;
        // Headers matter most: half of the damage is done among the first bytes.
        var place = Gen.OneOf(Gen.Int[0, Math.Min(300, sound.Length) - 1], Gen.Int[0, sound.Length - 1]);
        Gen.Select(place, Gen.Byte, Gen.Bool).Sample(
            (at, value, cut) =>
            {
                var damaged = cut ? sound[..at] : [.. sound[..at], value, .. sound[(at + 1)..]];
                if (Try(Catalog.DataSets[set], file, wrap is null ? damaged : wrap(damaged)) is not null) Interlocked.Increment(ref faults);
            },
            iter: 150);
        Assert.InRange(faults, 20, 150);
    }

    /// <summary>The fault that loading ends with; null if there is none and the set is valid.</summary>
    private string? Try(IDataSet set, string file, byte[] content)
    {
        folder.Write(file, content);
        try
        {
            using var images = set.Load(Split.Train, folder.Root);
            Assert.True(images.Count > 0 && images.Images.dtype == ScalarType.Byte && images.Labels.shape[0] == images.Count);
            Assert.All(Longs(images.Labels), label => Assert.InRange(label, 0, images.Classes.Count - 1));
            return null;
        }
        catch (InputException fault)
        {
            Assert.Contains(folder.Root, fault.Message);
            Assert.DoesNotContain('\n', fault.Message);
            return fault.Message;
        }
    }
}
