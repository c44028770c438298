using System.Buffers.Binary;
using System.Text;
using static Arow.Tests.Unit.Data.MadeFolder;

namespace Arow.Tests.Unit.Data;

public sealed class SvhnTests : IDisposable
{
    /// <summary>
    /// Written by SciPy 1.10.1's savemat with compression: X[r, c, channel, i] = (8 r + c + 64 channel + 16 i) mod 256 as
    /// uint8, y = [1, 10, 9].
    /// </summary>
    internal static readonly byte[] Mat = Convert.FromBase64String(
        "TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IE1vbiBOb3YgMjMgMDk6MDE6NDAgMjAyNgAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAAegMAAHic7dbnP1UBHMfxa0eS"
        + "lYjKyqykaC8SUomSKKKUzIaR9jSiQoumshqEjPbee++999573E49Pp8/4N5zX7/XeXLPg/fn0VdLIpG0tZRIVKXvWtJTl/x7VKSn"
        + "LT3T/6f0/xSkvwDpW/Hvnyz/fqRtaGrTom1XT5+A0IjR46bNyl68au2GLXuOnLly58mbLwrqOkZmto7tXHr4Bg6JHDN+evq8Jfnr"
        + "KrfuPXr26t2nb78qaug2MLdr2d7Vq+/AoVFxE2ZkzF9aUFK1bd+xc9fuPXv3Tam2nrGFfasO3Xr2GxQWHT9x5uwFywpLq7fvP37+"
        + "+v3n778ra+qbWDZ16ujWyy9oWEzCpOQ5C5cXra/ZceDEhRsPXnz4oVKnXsMmzZw7de/dP3h4bOLklLmLVhSXbdx58OTFmw9ffvyp"
        + "qmXQyKp5687u3v6Dw0eOnZKamZO3unzTrkOnLt169OrTL7W69RtbO7Tp4tFnQMiIUUlT07JyV66p2Lz78OnLtx+//vwb+BLgKwBf"
        + "EfhKwFcGvgrwVYGvBvxawFcHvgbwawNfE/h1gK8F/LrA1wa+DvB1ga8HfH3g1wO+AfDri9CFNCJ0IY0IXUgjQhfSiNCFNCJ0IY0I"
        + "XUgjQhfSAL8r8F2A7wr8bsB3A3534LsD3wP4nsDvAXwv4PcEfi/g9wa+N/D7AN8H+L7A7wv8fsD3A35/4PsDf4AIXUgjQhfSiNCF"
        + "NCJ0IY0IXUgjQhfSiNCFNCJ0IQ3wpwF/OvBnAH8m8JOBnwL8VOCnAX8W8NOBnwH82cCfA/y5wM8Efhbws4E/D/jzgb8A+AuBvwj4"
        + "OcDPle8/2d5/wDcEvhHwGwDfGPgmwG8I/EbAbwx8U+CbAd8c+BbAtwR+E+BbAd9avv9ke/8BPwD4gcAfCPxBwA8CfjDwBwM/BPih"
        + "wB8C/KHADwP+MOAPB3448EfI959s7z/gLwb+EuAvBf4y4C8H/grg5wF/JfBXAT8f+AXALwR+EfCLgb8a+Gvk+0+29x/wbYBvC3w7"
        + "4NsDvynwmwG/OfAdgN8C+I7Abwn8VsB3Ar4z8FsDv418/8n2/gN+BPAjgR8F/GjgxwA/FvgjgT8K+KOBPwb4ccCPB34C8BOBPxb4"
        + "SfL9J9v7D/hrgb8O+CXALwX+euCXAb8c+BXA3wD8SuBXAb8a+DXA3wj8TcDf/AcFVvBcDwAAACoAAAB4nONjYGAwAGI2IOYAYk4G"
        + "CGCF8pmBmBGMGRkqgTQTUISRi5MBABjsAPs=");

    private readonly MadeFolder folder = new();

    private static IDataSet Svhn => Catalog.DataSets["svhn"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void LoadsWhatSciPyWrote()
    {
        folder.Write("train_32x32.mat", Mat);
        using var train = Svhn.Load(Split.Train, folder.Root);
        Assert.Equal([3, 3, 32, 32], train.Images.shape);
        Assert.Equal([1, 0, 9], Longs(train.Labels));
        for (var i = 0; i < 3; i++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                for (var r = 0; r < 32; r++)
                {
                    for (var c = 0; c < 32; c++)
                        Assert.Equal((8 * r + c + 64 * channel + 16 * i) % 256, train.Images[i, channel, r, c].item<byte>());
                }
            }
        }
    }

    [Fact]
    public void IsFoundBelowAndItsOtherFormsAreNamed()
    {
        folder.Write("SVHN/train_32x32.mat", Mat);
        using var train = Svhn.Load(Split.Train, folder.Root);
        Assert.Equal(3, train.Count);
        var newer = (byte[])Mat.Clone();
        newer[125] = 2;
        folder.Write("SVHN/train_32x32.mat", newer);
        Assert.Contains("is a MATLAB 7.3 file, which is HDF5 and not read; save it with -v7", Fault(Svhn, folder.Root));
    }

    [Fact]
    public void LoadsUncompressedAndDoubles()
    {
        folder.Write("test_32x32.mat", Plain(n: 2, [3, 10]));
        using var test = Svhn.Load(Split.Test, folder.Root);
        Assert.Equal([3, 0], Longs(test.Labels));
        // Row 1, column 0 of the first plane follows row 0, column 0 in the file.
        Assert.Equal(1, test.Images[0, 0, 1, 0].item<byte>());
        Assert.Equal(32, test.Images[0, 0, 0, 1].item<byte>());
    }

    [Fact]
    public void NamesWhatIsWrong()
    {
        var path = folder["train_32x32.mat"];
        Assert.Contains("it is published at http://ufldl.stanford.edu", Fault(Svhn, folder.Root));
        foreach (var length in new[] { 0, 100, 128, 131, 500, Mat.Length - 1 })
        {
            folder.Write("train_32x32.mat", Mat[..length]);
            Assert.StartsWith(path, Fault(Svhn, folder.Root));
        }
        folder.Write("train_32x32.mat", Plain(2, [3, 11]));
        Assert.Equal($"{path}: label 11 of image 1 is not in the range 1 to 10", Fault(Svhn, folder.Root));
        folder.Write("train_32x32.mat", Plain(2, [0.5, 1]));
        Assert.Equal($"{path}: label 0.5 of image 0 is not in the range 1 to 10", Fault(Svhn, folder.Root));
        folder.Write("train_32x32.mat", Plain(2, [1]));
        Assert.Equal($"{path}: has 1 labels for 2 images", Fault(Svhn, folder.Root));
        folder.Write("train_32x32.mat", Plain(2, null));
        Assert.Equal($"{path}: lacks y, the labels", Fault(Svhn, folder.Root));
        folder.Write("train_32x32.mat", Plain(0, []));
        Assert.Equal($"{path}: has no images", Fault(Svhn, folder.Root));
        folder.Write("train_32x32.mat", [.. Encoding.ASCII.GetBytes("MATLAB 7.3 MAT-file".PadRight(124)), 0, 2, (byte)'I', (byte)'M']);
        Assert.Equal($"{path}: is a MATLAB 7.3 file, which is HDF5 and not read; save it with -v7", Fault(Svhn, folder.Root));
    }

    /// <summary>X as [32, 32, 3, n] of bytes that count up, y as doubles.</summary>
    internal static byte[] Plain(int n, double[]? y)
    {
        var x = Element(14, [
            .. Element(6, [9, 0, 0, 0, 0, 0, 0, 0]),
            .. Element(5, Ints(32, 32, 3, n)), .. Element(1, [(byte)'X']),
            .. Element(2, [.. Enumerable.Range(0, 3072 * n).Select(i => (byte)i)])]);
        var labels = y is null ? [] : Element(14, [
            .. Element(6, [6, 0, 0, 0, 0, 0, 0, 0]), .. Element(5, Ints(y.Length, 1)), .. Element(1, [(byte)'y']),
            .. Element(9, [.. y.SelectMany(BitConverter.GetBytes)])]);
        return [.. Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file".PadRight(124)), 0, 1, (byte)'I', (byte)'M', .. x, .. labels];
    }

    private static byte[] Ints(params int[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];

    private static byte[] Element(int type, byte[] data)
    {
        var element = new byte[8 + (data.Length + 7) / 8 * 8];
        BinaryPrimitives.WriteInt32LittleEndian(element, type);
        BinaryPrimitives.WriteInt32LittleEndian(element.AsSpan(4), data.Length);
        data.CopyTo(element, 8);
        return element;
    }
}
