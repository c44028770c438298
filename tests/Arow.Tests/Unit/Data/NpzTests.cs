using System.Buffers.Binary;
using System.Text;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

/// <summary>What NumPy writes that is neither bytes row by row nor called image and label: read, or named for what it is.</summary>
public sealed class NpzTests : IDisposable
{
    private static readonly string[] Classes = ["cat", "dog", "eel"];

    /// <summary>Four images of 3x2 in three colours, [N, H, W, C].</summary>
    private static readonly long[] Shape = [4, 2, 3, 3];
    private static readonly byte[] Pixels = [.. Enumerable.Range(0, 72).Select(i => (byte)(3 * i + 1))];
    private static readonly byte[] Labels = [2, 0, 1, 2];

    private readonly MadeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("image", "label")]
    [InlineData("x_train", "y_train")]
    [InlineData("X_train", "Y_train")]
    [InlineData("train_images", "train_labels")]
    [InlineData("images_train", "labels_train")]
    [InlineData("arr_0", "arr_1")]
    [InlineData("data", "target")]
    public void Names_of_other_tools_are_found(string image, string label)
    {
        using var read = Load(("val_" + image, "|u1", [1, 2, 3, 3], Pixels[..18]), (image, "|u1", Shape, Pixels), (label, "|u1", [4], Labels));
        AssertRight(read);
    }

    [Fact]
    public void Of_several_splits_the_training_images_are_read_and_that_is_told()
    {
        using var read = Load(("train_images", "|u1", Shape, Pixels), ("train_labels", "|u1", [4, 1], Labels), ("test_images", "|u1", Shape, Pixels),
            ("val_images", "|u1", Shape, Pixels));
        AssertRight(read);
        Assert.Equal([$"{folder["a.npz"]}: train_images is read, and not test_images, val_images"], read.Remarks);
    }

    [Fact]
    public void Fortran_order_is_read_channels_first_or_last_and_of_labels()
    {
        byte[] Fortran(Func<long, long, long, long, int> at, long[] shape)
        {
            var all = new List<byte>();
            for (var d = 0; d < shape[3]; d++)
                for (var c = 0; c < shape[2]; c++)
                    for (var b = 0; b < shape[1]; b++)
                        for (var a = 0; a < shape[0]; a++)
                            all.Add(Pixels[at(a, b, c, d)]);
            return [.. all];
        }
        var last = Fortran((n, h, w, c) => (int)(((n * 2 + h) * 3 + w) * 3 + c), Shape);
        var first = Fortran((n, c, h, w) => (int)(((n * 2 + h) * 3 + w) * 3 + c), [4, 3, 2, 3]);
        using (var read = Load([("image", "|u1", Shape, last, true), ("label", "|u1", [4, 1], Labels, true)])) AssertRight(read);
        using (var read = Load([("image", "|u1", [4, 3, 2, 3], first, true), ("label", "|u1", [4], Labels, false)])) AssertRight(read);
        folder.Write("a.npz", NpzWriter.Write([("image", "|u1", Shape, last, true), ("label", "|u1", [4], Labels, false)]));
        using var some = ExtraImages.Load(folder["a.npz"], 3, 2, 3, Classes, limit: 2, seed: 1);
        for (var i = 0; i < 2; i++) Assert.Equal(Channels(int.Parse(some.Locations[i])), Bytes(some.Images[i]));
    }

    [Theory]
    [InlineData("<f4")]
    [InlineData(">f4")]
    [InlineData("<f8")]
    [InlineData("<f2")]
    [InlineData(">i4")]
    [InlineData("<i8")]
    [InlineData(">u2")]
    public void Other_numbers_from_0_to_255_are_rounded_and_that_is_told(string type)
    {
        using var read = Load(("image", type, Shape, Numbers(type, Pixels.Select(p => (double)p))),
            ("label", type, [4, 1], Numbers(type, Labels.Select(l => (double)l))));
        AssertRight(read);
        Assert.Contains($"image is of type {type} with numbers from 1 to 214, rounded to bytes", Assert.Single(read.Remarks));
    }

    [Fact]
    public void Fractions_in_0_to_1_are_shares_of_255_and_normalized_ones_are_refused()
    {
        using var read = Load(("image", "<f4", Shape, Numbers("<f4", Pixels.Select(p => p / 255.0))),
            ("label", "<f4", [4], Numbers("<f4", Labels.Select(l => (double)l))));
        AssertRight(read);
        Assert.Contains("multiplied by 255 and rounded", Assert.Single(read.Remarks));
        Assert.Contains("numbers from -1.5 to 211.5", Fault(("image", "<f4", Shape, Numbers("<f4", Pixels.Select(p => p - 2.5)))));
        Assert.Contains("undo a normalization", Fault(("image", "<f4", Shape, Numbers("<f4", Pixels.Select(_ => double.NaN)))));
        Assert.Contains("numbers from 256 to 4096", Fault(("image", "<u2", Shape, Numbers("<u2", Pixels.Select((_, i) => i == 0 ? 256.0 : 4096)))));
    }

    [Theory]
    [InlineData("<U3")]
    [InlineData(">U5")]
    [InlineData("|S3")]
    public void Labels_that_are_names_become_the_classes_numbers(string type)
    {
        var size = type[^1] - '0';
        byte[] Texts(params string[] texts) => [.. texts.SelectMany(text => type[1] == 'S' ? Encoding.ASCII.GetBytes(text.PadRight(size, '\0'))
            : new UTF32Encoding(type[0] == '>', false).GetBytes(text.PadRight(size, '\0')))];
        using var read = Load(("image", "|u1", Shape, Pixels), ("label", type, [4], Texts("eel", "cat", "dog", "eel")));
        AssertRight(read);
        Assert.Contains("label 'fox' of image 2 is not a class; known classes: cat dog eel",
            Fault(("image", "|u1", Shape, Pixels), ("label", type, [4], Texts("eel", "cat", "fox", "eel"))));
    }

    [Theory]
    [InlineData("|O", "label is an array of Python objects, which are pickled and not read; save labels with .astype('int64')")]
    [InlineData("[('a', '<i4')]", "label is of type [('a', '<i4')]; save labels with .astype('int64')")]
    [InlineData("<c8", "label is of type <c8; save labels with .astype('int64')")]
    public void Types_that_are_not_read_are_named(string type, string says) =>
        Assert.Contains(says, Fault(("image", "|u1", Shape, Pixels), ("label", type, [4], new byte[40])));

    [Fact]
    public void Shapes_that_are_not_read_are_named()
    {
        Assert.Contains("one number per image is expected: save labels.argmax(1)",
            Fault(("image", "|u1", Shape, Pixels), ("label", "|u1", [4, 3], new byte[12])));
        Assert.Contains("label is [3], but there are 4 images", Fault(("image", "|u1", Shape, Pixels), ("label", "|u1", [3], new byte[3])));
        Assert.Contains("label has fractions", Fault(("image", "|u1", Shape, Pixels), ("label", "<f4", [4], Numbers("<f4", [0, 0.5, 1, 2]))));
        Assert.Contains("images are [N, H, W, C], [N, C, H, W] or [N, H, W]", Fault(("image", "|u1", [4, 18], Pixels)));
        // One of them alone would be taken for the images.
        Assert.Contains("it has pictures, others", Fault(("pictures", "|u1", Shape, Pixels), ("others", "|u1", Shape, Pixels)));
        Assert.Contains("no array named image", Fault(("x_val", "|u1", Shape, Pixels)));
        Assert.Contains("has two arrays named image", Fault(("image", "|u1", Shape, Pixels), ("image", "|u1", Shape, Pixels)));
    }

    private static byte[] Numbers(string type, IEnumerable<double> values) => [.. values.SelectMany(value =>
    {
        var bytes = new byte[type[2] - '0'];
        switch (type)
        {
            case "<f4": BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)value); break;
            case ">f4": BinaryPrimitives.WriteSingleBigEndian(bytes, (float)value); break;
            case "<f8": BinaryPrimitives.WriteDoubleLittleEndian(bytes, value); break;
            case "<f2": BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value); break;
            case ">i4": BinaryPrimitives.WriteInt32BigEndian(bytes, (int)value); break;
            case "<i8": BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)value); break;
            case ">u2": BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value); break;
            case "<u2": BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value); break;
        }
        return bytes;
    })];

    /// <summary>The pixels of an image as they are to be read, channels first.</summary>
    private static byte[] Channels(int n) => [.. Enumerable.Range(0, 18).Select(i => Pixels[n * 18 + i % 6 * 3 + i / 6])];

    private static void AssertRight(ExtraImages read)
    {
        Assert.Equal([4, 3, 2, 3], read.Images.shape);
        Assert.Equal(Enumerable.Range(0, 4).SelectMany(Channels), Bytes(read.Images));
        Assert.Equal(Labels.Select(l => (long)l), Longs(read.Labels!));
    }

    private ExtraImages Load(params (string, string, long[], byte[])[] arrays) =>
        ExtraImages.Load(folder.Write("a.npz", NpzWriter.Write(arrays)), 3, 2, 3, Classes);

    private ExtraImages Load((string, string, long[], byte[], bool)[] arrays) =>
        ExtraImages.Load(folder.Write("a.npz", NpzWriter.Write(arrays)), 3, 2, 3, Classes);

    private string Fault(params (string, string, long[], byte[])[] arrays) => Assert.Throws<InputException>(() => Load(arrays)).Message;
}
