using System.Text;
using Arow.IO;

namespace Arow.Checkpoints;

/// <summary>Describes files that are no model that Arow can run, and how to convert them.</summary>
internal static class ForeignFormat
{
    /// <summary>Bytes of the start of a file that <see cref="Describe(ReadOnlySpan{byte})"/> looks at.</summary>
    public const int StartBytes = 512;

    private const string ToOnnx = "convert it to ONNX";
    private const string TarMagic = "ustar";
    private const int TarMagicOffset = 257;

    /// <summary>Beginnings of files, with their offset, and what such files are.</summary>
    private static readonly (int Offset, string Magic, string Description)[] Magics =
    [
        (0, "\u0089HDF\r\n", $"is an HDF5 file, such as a Keras model: {ToOnnx}, for example with tf2onnx"),
        (4, "TFL3", $"is a TensorFlow Lite model: {ToOnnx}, for example with tf2onnx"),
        (4, "ET1", "is an ExecuTorch program: save the model by torch.jit.trace instead"),
        (0, "GGUF", "is a GGUF file of a language model"),
        (0, "ptrt", "is a TensorRT engine, compiled for one GPU: use the ONNX file that it was built from"),
        (0, "version https://git-lfs", "is a pointer of Git LFS, not the file itself: fetch it with 'git lfs pull'"),
        (0, "<!DOCTYPE html", "is a web page: the download of the model has failed"),
        (0, "<!doctype html", "is a web page: the download of the model has failed"),
        (0, "<html", "is a web page: the download of the model has failed"),
        (0, "<?xml", $"is an XML file, such as an OpenVINO model: {ToOnnx}, or use the ONNX file that it was made from"),
        (0, "\u001f\u008b", "is compressed with gzip: unpack it first"),
        (0, "BZh", "is compressed with bzip2: unpack it first"),
        (0, "\u00fd7zXZ", "is compressed with xz: unpack it first"),
        (0, "7z\u00bc\u00af", "is a 7z archive: unpack it first"),
        (0, "Rar!", "is a RAR archive: unpack it first"),
        (0, "(\u00b5/\u00fd", "is compressed with Zstandard: unpack it first"),
        (TarMagicOffset, TarMagic, "is a tar archive: unpack it first"),
        (0, "\u0093NUMPY", "is a NumPy array, not a model"),
    ];

    /// <summary>Describes a file by its start; null if it is of no known format.</summary>
    /// <param name="start">The first bytes.</param>
    public static string? Describe(ReadOnlySpan<byte> start)
    {
        if (start.Length == 0) return "is empty";
        foreach (var (offset, magic, description) in Magics)
        {
            if (start.Length > offset && start[offset..].StartsWith(Encoding.Latin1.GetBytes(magic))) return description;
        }
        return null;
    }

    /// <summary>Describes a zip archive that is neither TorchScript nor a file of torch.save; null if it is of no known format.</summary>
    /// <param name="records">The archive.</param>
    public static string? Describe(ZipRecords records)
    {
        if (Has("/archive_format") || Has("serialized_exported_program.json") || Has("/models/model.json"))
        {
            return "is a program of torch.export (.pt2), which Arow does not run: save the model by torch.jit.trace, or in Python "
                + "torch.onnx.export(torch.export.load('model.pt2'), f='model.onnx')";
        }
        if (Has("model.weights.h5")) return $"is a Keras model: {ToOnnx}, for example with model.export('model.onnx', format='onnx')";
        if (Has(".npy")) return "is a NumPy archive of arrays, not a model";
        return null;

        bool Has(string end) => records.Names.Any(name => $"/{name}".EndsWith(end, StringComparison.Ordinal));
    }
}
