using Arow.IO;

namespace Arow.Data;

/// <summary>An array in NumPy's .npy format: a file of its own, or an entry of an .npz file.</summary>
/// <param name="File">The .npy or .npz file, for messages.</param>
/// <param name="Name">Its name without extension.</param>
/// <param name="Length">Bytes of the header and the elements.</param>
/// <param name="Open">Opens it at its header.</param>
internal sealed record NpySource(string File, string Name, long Length, Func<Stream> Open)
{
    /// <summary>An entry of an .npz file.</summary>
    public static NpySource Create(ZipReader zip, ZipEntry entry) =>
        new(zip.Path, Path.GetFileNameWithoutExtension(entry.Name), entry.Length, () => zip.Open(entry));

    /// <summary>A file.</summary>
    public static NpySource Create(string path) =>
        new(path, Path.GetFileNameWithoutExtension(path), new FileInfo(path).Length, () => RegularFile.Open(path));
}
