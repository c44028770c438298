using Arow.IO;

namespace Arow.Data;

/// <summary>
/// The images of an .npz or .npy file one after the other, so that memory does not grow with their number. If arrays are named by split,
/// they are those of the test split. Labels are not read.
/// </summary>
internal sealed class NpzPictures : IDisposable
{
    private const string Kind = "a file of images";

    private readonly string path;
    private readonly IDisposable? archive;
    private readonly Stream stream;
    private readonly IEnumerator<byte[]> rows;

    private NpzPictures(string path, IDisposable? archive, IReadOnlyList<NpySource> arrays)
    {
        (this.path, this.archive) = (path, archive);
        // A file of one array has it under any name.
        var (name, _, remark) = archive is null ? (arrays[0].Name, null, null)
            : NpzArrayNames.Find(path, [.. arrays.Select(a => a.Name)], Split.Test);
        var images = NpzArray.OpenChecked(arrays.First(a => a.Name == name), "images", "uint8");
        var layout = NpzLayout.Create(path, images, shape: null);
        if (layout.Count == 0 || layout.TargetOffsets.Length == 0) throw new InputException($"{path}: {name} is {images.ShapeText}: it has no images");
        var values = PixelConversion.Create(path, images);
        (Count, Height, Width) = ((int)layout.Count, (int)layout.Shape[1], (int)layout.Shape[2]);
        Remarks = [.. new[] { remark, values.Remark }.OfType<string>()];
        // In Fortran's order an image is spread over the whole array.
        if (layout.IsFortran) InputFile.RequireMemory(path, Count, layout.Shape);
        stream = images.Open();
        rows = values.ReadRows(stream, layout).GetEnumerator();
    }

    /// <summary>Number of images.</summary>
    public int Count { get; }

    /// <summary>In pixels.</summary>
    public int Height { get; }

    /// <summary>In pixels.</summary>
    public int Width { get; }

    /// <summary>What was chosen or converted, one line each.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>Opens a file; its arrays are read once to check them.</summary>
    /// <exception cref="InputException">It is damaged, or has no images.</exception>
    public static NpzPictures Open(string path) => InputFile.Read(path, Kind, () =>
    {
        if (Path.GetExtension(path).Equals(".npy", StringComparison.OrdinalIgnoreCase))
            return new NpzPictures(path, null, [NpySource.Create(path)]);
        var zip = ZipReader.Open(path);
        try
        {
            return new NpzPictures(path, zip, [.. zip.Entries.Select(entry => NpySource.Create(zip, entry))]);
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    });

    /// <summary>Reads the next image, [C, H, W].</summary>
    /// <exception cref="InputException">The file has changed since it was opened.</exception>
    public byte[] ReadNext() => InputFile.Read(path, Kind, () => rows.MoveNext() ? rows.Current : throw new EndOfStreamException());

    public void Dispose()
    {
        rows.Dispose();
        stream.Dispose();
        archive?.Dispose();
    }
}
