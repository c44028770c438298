using System.Text;

namespace Arow.Tests.Unit.Checkpoints;

public sealed class ForeignFormatTests
{
    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\u0089HDF\r\n\u001a", "HDF5")]
    [InlineData("\u001c\0\0\0TFL3", "TensorFlow Lite")]
    [InlineData("0\0\0\0ET12", "ExecuTorch")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "git lfs pull")]
    [InlineData("<!DOCTYPE html><html>", "web page")]
    [InlineData("\u001f\u008b\u0008\0", "gzip")]
    [InlineData("\u0080\u0004N.", "Python pickle")]
    [InlineData("GGUF\u0003\0\0\0", "GGUF")]
    [InlineData("\u0093NUMPY\u0001", "NumPy")]
    public void Files_of_other_tools_are_named(string start, string says)
    {
        using var folder = new TemporaryFolder();
        MadeModel.AssertRefused(folder.Put(Encoding.Latin1.GetBytes(start)), says);
    }

    [Theory]
    [InlineData("m/archive_format", "torch.export")]
    [InlineData("m/models/model.json", "torch.export")]
    [InlineData("serialized_exported_program.json", "torch.export")]
    [InlineData("model.weights.h5", "Keras")]
    [InlineData("arr_0.npy", "NumPy archive")]
    [InlineData("m/other", "not of PyTorch")]
    public void Archives_of_other_tools_are_named(string record, string says)
    {
        using var folder = new TemporaryFolder();
        MadeModel.AssertRefused(folder.Put(ZipWriter.Write([("m/version", "1"u8.ToArray()), (record, "pt2"u8.ToArray())])), says);
    }

    [Fact]
    public void A_tar_archive_is_named()
    {
        using var folder = new TemporaryFolder();
        var bytes = new byte[1024];
        "ustar"u8.CopyTo(bytes.AsSpan(257));
        MadeModel.AssertRefused(folder.Put(bytes), "tar archive");
    }
}
