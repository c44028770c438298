using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

[Numeric]
public sealed class IdxTests : IDisposable
{
    private readonly MadeFolder folder = new();

    private static IDataSet Mnist => Catalog.DataSets["mnist"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Loads(bool gzip)
    {
        folder.WriteIdx(gzip: gzip);
        using var train = Mnist.Load(Split.Train, folder.Root);
        Assert.Equal((12, 1, 2, 3), (train.Count, train.Channels, train.Height, train.Width));
        Assert.Equal(ScalarType.Byte, train.Images.dtype);
        Assert.Equal([20, 21, 22, 23, 24, 25], Bytes(train.Images[2]));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1], Longs(train.Labels));
        using var test = Mnist.Load(Split.Test, folder.Root);
        Assert.Equal(4, test.Count);
    }

    [Fact]
    public void LoadsTheRealOne()
    {
        var shared = SharedData.Find("fashion-mnist");
        using var train = Catalog.DataSets["fashion-mnist"].Load(Split.Train, shared);
        using var test = Catalog.DataSets["fashion-mnist"].Load(Split.Test, shared);
        Assert.Equal((60_000, 10_000), (train.Count, test.Count));
        Assert.Equal(Enumerable.Repeat(6000L, 10), Longs(train.Labels.bincount(null)));
        // The published mean of the training pixels.
        Assert.Equal(0.2860, train.Images.to(ScalarType.Float64).mean().item<double>() / 255, 4);
    }

    [Fact]
    public void NamesWhatIsMissing()
    {
        Assert.Contains("mnist needs DataDir", Fault(Mnist, null));
        Assert.Contains("is not a folder", Fault(Mnist, folder["nowhere"]));
        Assert.Contains("it is published at https://", Fault(Mnist, folder["nowhere"]));
        var fault = Fault(Mnist, folder.Root);
        Assert.Contains("train-images-idx3-ubyte.gz", fault);
        Assert.Contains("it is published at https://ossci", fault);
    }

    [Theory]
    [InlineData("", ".idx")]
    [InlineData("raw/", "-idx")]
    [InlineData("MNIST/raw/", "-idx")]
    [InlineData("MNIST/", ".idx")]
    public void Loads_what_other_tools_unpack(string below, string joint)
    {
        foreach (var gzip in (bool[])[false, true])
        {
            folder.WriteIdx(gzip: gzip);
            foreach (var file in Directory.GetFiles(folder.Root))
            {
                Directory.CreateDirectory(folder[below]);
                File.Move(file, folder[below + Path.GetFileName(file).Replace("-idx", joint)]);
            }
            using var train = Mnist.Load(Split.Train, folder.Root);
            Assert.Equal([20, 21, 22, 23, 24, 25], Bytes(train.Images[2]));
            foreach (var file in Directory.GetFiles(folder[below])) File.Delete(file);
        }
    }

    /// <summary>Digits are not taken for clothes because both lie in one folder.</summary>
    [Fact]
    public void Another_set_beside_it_is_not_read()
    {
        folder.WriteIdx();
        foreach (var file in Directory.GetFiles(folder.Root))
        {
            Directory.CreateDirectory(folder["FashionMNIST/raw"]);
            File.Move(file, folder[$"FashionMNIST/raw/{Path.GetFileName(file)}"]);
        }
        Assert.Contains("has no train-images-idx3-ubyte.gz", Fault(Mnist, folder.Root));
        using var fashion = Catalog.DataSets["fashion-mnist"].Load(Split.Train, folder.Root);
        Assert.Equal(12, fashion.Count);
    }

    [Fact]
    public void Loads_what_Keras_keeps()
    {
        folder.Write("mnist.npz", NpzWriter.Write(
            ("x_train", "|u1", [3, 2, 2], [.. Enumerable.Range(0, 12).Select(i => (byte)i)]), ("y_train", "|u1", [3], [7, 8, 9]),
            ("x_test", "|u1", [1, 2, 2], [9, 9, 9, 9]), ("y_test", "|u1", [1], [1])));
        using var train = Mnist.Load(Split.Train, folder.Root);
        Assert.Equal([3, 1, 2, 2], train.Images.shape);
        Assert.Equal([7, 8, 9], Longs(train.Labels));
        using var test = Mnist.Load(Split.Test, folder.Root);
        Assert.Equal([9, 9, 9, 9], Bytes(test.Images));
        Assert.Contains("it has mnist.npz, which is NumPy's format under another name", Fault(Catalog.DataSets["kmnist"], folder.Root));
    }

    [Theory]
    [InlineData("fashion-mnist_train.csv", "a table, possibly of pixels, such as Kaggle's MNIST: write the images as PNG files")]
    [InlineData("data/train-00000-of-00001.parquet", "Parquet, the format of Hugging Face data sets: write the images")]
    [InlineData("hub/datasets--ylecun--mnist/snapshots/77f3/mnist/train-00000-of-00001.parquet", "Parquet")]
    [InlineData("mnist/3.0.1/mnist-train.tfrecord-00000-of-00001", "TFRecord")]
    [InlineData("mnist.pkl.gz", "pickled: a pickle can run code, and only CIFAR's are read")]
    [InlineData("data_batch_1", "of CIFAR-10: Dataset = cifar10 reads it")]
    [InlineData("digitStruct.mat", "of SVHN's first format")]
    [InlineData("x_train.npy", "a NumPy array")]
    [InlineData("processed/training.pt", "torchvision's older form")]
    [InlineData("archive.zip", "an archive: unpack it")]
    [InlineData("train/0/1.png", "an image: class folders of images are read with Dataset = folder")]
    public void Another_form_is_named_and_not_fetched_again(string file, string says)
    {
        folder.Write(file, [1]);
        var fault = Fault(Mnist, folder.Root);
        Assert.Contains($"it has {file}, which is {says}", fault);
        Assert.DoesNotContain("fetch", fault);
    }

    /// <summary>Labels in a table beside images do not make the table the data.</summary>
    [Fact]
    public void Of_several_forms_the_one_that_helps_is_named()
    {
        folder.Write("labels.csv", [1]);
        folder.Write("train/0/1.png", [1]);
        Assert.Contains("it has train/0/1.png, which is an image", Fault(Mnist, folder.Root));
        folder.Write("train.parquet", [1]);
        Assert.Contains("it has train.parquet", Fault(Mnist, folder.Root));
    }

    [Theory]
    [InlineData("raw/train-images-idx3-ubyte.gz", "in MNIST's IDX format: Dataset = mnist, fashion-mnist and kmnist read it")]
    [InlineData("cifar-10-batches-py/data_batch_1", "of CIFAR-10: Dataset = cifar10 reads it")]
    [InlineData("train/0.parquet", "Parquet")]
    [InlineData("train_32x32.mat", "of SVHN: Dataset = svhn reads")]
    public void A_folder_of_no_images_is_named_by_what_it_holds(string file, string says)
    {
        folder.Write(file, [1]);
        Assert.Equal($"{folder.Root}: has no images (PNG, JPEG, WebP, BMP, GIF and TIFF are read); it has {file}, which is {says}",
            Fault(Catalog.DataSets["folder"],
                folder.Root)[..($"{folder.Root}: has no images (PNG, JPEG, WebP, BMP, GIF and TIFF are read); it has {file}, which is ".Length + says.Length)]);
    }

    [Fact]
    public void What_is_read_in_place_of_a_published_file_is_named()
    {
        folder.WriteIdx(gzip: false);
        var checks = FileCheck.CheckAll(Mnist, folder.Root);
        Assert.Equal([.. checks.Select(check => folder[check.File.Name[..^3]])], checks.Select(check => Assert.Single(check.Substitutes)));
        using var keras = new MadeFolder();
        var npz = keras.Write("mnist.npz", [1]);
        Assert.All(FileCheck.CheckAll(Mnist, keras.Root), check => Assert.Equal([npz], check.Substitutes));
        Assert.All(FileCheck.CheckAll(Catalog.DataSets["kmnist"], keras.Root), check => Assert.Empty(check.Substitutes));
    }

    /// <summary>A header of four million images, over a few bytes of zeros that could be anything.</summary>
    [Fact]
    public void No_more_is_unpacked_than_can_be_right()
    {
        folder.WriteIdx(gzip: true);
        folder.Write("train-images-idx3-ubyte.gz", Gzip([0, 0, 8, 3, 0, 0x40, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28, .. new byte[1 << 20]]));
        Assert.Contains("but its header declares 3288334336", Fault(Mnist, folder.Root));
        // Labels are fewer than the images of a bomb: known before it is unpacked.
        folder.Write("train-images-idx3-ubyte.gz", Gzip([0, 0, 8, 3, 0, 1, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28, .. new byte[65536 * 784]]));
        var before = GC.GetTotalAllocatedBytes();
        Assert.Contains("has 12 labels for the 65536 images", Fault(Mnist, folder.Root));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 10 << 20);
    }

    [Theory]
    [InlineData("cut in the data", "images", 40, "has 24 bytes of data, but its header declares 72")]
    [InlineData("cut in the header", "images", 9, "too short")]
    [InlineData("empty", "labels", 0, "too short")]
    public void NamesWhatIsCut(string _, string kind, int length, string fault)
    {
        folder.WriteIdx(gzip: false);
        var path = folder[kind == "images" ? "train-images-idx3-ubyte" : "train-labels-idx1-ubyte"];
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..length]);
        Assert.StartsWith($"{path}: ", Fault(Mnist, folder.Root));
        Assert.Contains(fault, Fault(Mnist, folder.Root));
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte", 3, 1, "begins with 00000801, but")]
    [InlineData("train-images-idx3-ubyte", 4, 0x80, "negative size")]
    [InlineData("train-images-idx3-ubyte", 11, 0, "has no images")]
    [InlineData("train-images-idx3-ubyte", 8, 1, "but its header declares")]
    [InlineData("train-labels-idx1-ubyte", 7, 11, "has 12 bytes of data, but its header declares 11")]
    [InlineData("train-labels-idx1-ubyte", 13, 10, "label 10 of image 5 is not in the range 0 to 9")]
    public void NamesWhatIsWrong(string file, int at, byte value, string fault)
    {
        folder.WriteIdx(gzip: false);
        var bytes = File.ReadAllBytes(folder[file]);
        bytes[at] = value;
        folder.Write(file, bytes);
        Assert.StartsWith(folder[file], Fault(Mnist, folder.Root));
        Assert.Contains(fault, Fault(Mnist, folder.Root));
    }

    [Fact]
    public void SizesWhoseProductOverflowsAreNoSizes()
    {
        folder.WriteIdx(gzip: false);
        // 2^22 x 2^21 x 2^21 is 0 in 64 bits.
        folder.Write("train-images-idx3-ubyte", [0, 0, 8, 3, 0, 0x40, 0, 0, 0, 0x20, 0, 0, 0, 0x20, 0, 0]);
        Assert.Contains("has 0 bytes of data, but its header declares 18446744073709551616", Fault(Mnist, folder.Root));
    }

    [Fact]
    public void ImagesAndLabelsMustBeAsMany()
    {
        folder.WriteIdx(gzip: false);
        folder.Write("train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 1, 5]);
        Assert.Contains("has 1 labels for the 12 images of", Fault(Mnist, folder.Root));
    }

    [Fact]
    public void GzipOfSeveralPartsIsWhole()
    {
        folder.WriteIdx();
        folder.WriteIdx(gzip: false);
        var plain = File.ReadAllBytes(folder["train-images-idx3-ubyte"]);
        folder.Write("train-images-idx3-ubyte.gz", [.. Gzip(plain[..50]), .. Gzip(plain[50..])]);
        using var train = Mnist.Load(Split.Train, folder.Root);
        Assert.Equal(plain[16..], Bytes(train.Images));
        folder.Write("train-images-idx3-ubyte.gz", [.. Gzip(plain), .. Gzip([1, 2, 3])[..^1]]);
        Assert.Contains("is damaged or not a gzip file", Fault(Mnist, folder.Root));
    }

    [Fact]
    public void DamagedGzipIsNamed()
    {
        folder.WriteIdx();
        var path = folder["train-images-idx3-ubyte.gz"];
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^9]);
        Assert.StartsWith(path, Fault(Mnist, folder.Root));
        File.WriteAllBytes(path, [1, 2, 3, 4, 5]);
        Assert.Equal($"{path}: is damaged or not a gzip file", Fault(Mnist, folder.Root));
    }
}
